/** Shows a figure that was measured; the reporter of the tests shows failures only. */
export function print(line: string): void {
  process.stderr.write(`${line}\n`)
}
