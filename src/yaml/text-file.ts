import { isUtf8 } from 'node:buffer'

/** The UTF-8 text in the bytes of a file, or why there is none. */
export function decodeText(bytes: Buffer): { readonly text: string } | { readonly wrong: string } {
  if (bytes.includes(0)) return { wrong: 'this is not a text file' }
  return isUtf8(bytes) ? { text: bytes.toString('utf8') } : { wrong: 'this is not UTF-8 text' }
}

const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'may not be read (permission denied)',
  EISDIR: 'is a folder, not a file',
  ENOTDIR: 'there is no such file: part of the path is not a folder',
  ELOOP: 'the symbolic link leads to itself',
  ERR_FS_FILE_TOO_LARGE: 'is larger than what can be read',
}

/** Why a file cannot be read, in words. */
export function explainRead({ code, message }: NodeJS.ErrnoException): string {
  return READ_ERRORS[code ?? ''] ?? `cannot be read: ${message}`
}
