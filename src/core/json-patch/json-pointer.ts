/** The keys that a JSON Pointer names (RFC 6901); of one that does not begin with "/", the part before that is lost. */
export function parsePointer(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The JSON Pointer to these keys. */
export function formatPointer(path: readonly string[]): string {
  return path.map(key => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
