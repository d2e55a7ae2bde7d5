// Many sequences, and the shortest that fails told step by step.
import fc from 'fast-check'
import { play } from './play.ts'
import { sequences } from './sequences.ts'

export type Outcome = { readonly failed: boolean; readonly report: string }

/** Plays that many sequences; the seed that a report names plays the same ones again. */
export function playAll(numRuns: number, seed: number | undefined): Outcome {
  const holds = fc.property(sequences, sequence => play(sequence).problem === null)
  const details = fc.check(holds, { numRuns, ...(seed !== undefined && { seed }) })
  const { failed, counterexample } = details
  const ran = `${details.numRuns} sequences, seed ${details.seed}`
  if (!failed || counterexample === null) return { failed, report: `${ran}: everything held` }
  const { lines, problem } = play(counterexample[0])
  const [{ start }] = counterexample
  const steps = lines.map((line, index) => `${index + 1}. ${line}`)
  return {
    failed,
    report: [`${ran}: ${problem}`, `at first ${JSON.stringify(start)}`, ...steps].join('\n'),
  }
}
