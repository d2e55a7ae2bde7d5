import type { Ran } from '../control-plane/kubectl.ts'
import type { GuardedPlane } from './guarded-plane.ts'
import { heading, indented, outcomeText } from './guide.ts'
import { commandLine } from './shell.ts'
import type { Step, StepOutcome } from './steps.ts'

/** Runs the steps one after the other and shows what a person would see; tells how many came out as told. */
export async function demonstrate(
  { plane, folder }: GuardedPlane,
  steps: readonly Step[],
  write: (text: string) => void,
): Promise<number> {
  let asTold = 0
  for (const [index, step] of steps.entries()) {
    write(`\n${heading(step, index)}\n\n  $ ${commandLine(step)}\n`)
    const ran = await plane.kubectl(step.args, {
      cwd: folder,
      ...(step.editor !== undefined && { env: { KUBE_EDITOR: step.editor } }),
    })
    write(`${indented(printed(ran))}\n\n${verdictOf(ran, step.outcome)}\n`)
    if (isAsTold(ran, step.outcome)) asTold++
  }
  return asTold
}

/** What kubectl printed, the warnings first as a terminal has them. */
export function printed({ stdout, stderr }: Ran): string {
  return stderr + stdout
}

function isAsTold(ran: Ran, { verdict, prints }: StepOutcome): boolean {
  return (ran.code === 0) === (verdict === 'allowed') && printed(ran).includes(prints)
}

function verdictOf(ran: Ran, outcome: StepOutcome): string {
  const { verdict, prints } = outcome
  if (isAsTold(ran, outcome)) return outcomeText(outcome)
  return `UNEXPECTED: this should have been ${verdict} with ${prints}; kubectl ended with ${ran.code}`
}
