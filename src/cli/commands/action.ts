/** Takes the exit code of the command that runs. */
export type Action = (result: Promise<number>) => Promise<void>

/** Collects the values of an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
