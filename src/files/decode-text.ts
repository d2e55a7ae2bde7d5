import { isUtf8 } from 'node:buffer'

/** The UTF-8 text in the bytes of a file, or why there is none. */
export function decodeText(bytes: Buffer): { readonly text: string } | { readonly wrong: string } {
  if (bytes.includes(0)) return { wrong: 'this is not a text file' }
  return isUtf8(bytes) ? { text: bytes.toString('utf8') } : { wrong: 'this is not UTF-8 text' }
}
