import type { Log } from '../log.ts'

/** A part that was opened and has to be let go of, by the name under which the log speaks of it. */
export type Part = readonly [name: string, release: () => unknown]

/** Lets go of all parts, the one opened last first, whatever fails; tells each failure and answers with the names of the parts. */
export async function releaseAll(opened: readonly Part[], log: Log): Promise<readonly string[]> {
  const failed: string[] = []
  for (const [name, release] of opened.toReversed())
    try {
      await release()
    } catch (error) {
      log.error(`${name} could not be closed: ${(error as Error).message}`)
      failed.push(name)
    }
  return failed
}
