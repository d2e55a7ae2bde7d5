/** `tls-dir` as the command line library names it: `tlsDir`. */
export function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_all, letter: string) => letter.toUpperCase())
}
