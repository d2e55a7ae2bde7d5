import { quoted, thisProgram } from '../shell.ts'
import type { GuardedPlane } from './guarded-plane.ts'
import { SURROUNDINGS } from './seed.ts'
import { commandLine } from './shell.ts'
import type { Step, StepOutcome } from './steps.ts'

/** What there is to begin with, in the terminal of whoever tries. */
export function beginning(said: string): string {
  return `
There is
  ${SURROUNDINGS.join('\n  ')}
and a HyperConverged that leaves every setting open. To its creation, kubectl said:

${indented(said)}
`
}

/** Each step with its outcome, to be typed in another terminal. */
export function guide({ folder, auditFile }: GuardedPlane, steps: readonly Step[]): string {
  return `
In another terminal:

  cd ${quoted(folder)} && . ./env

and then, in this order:

${steps.map(numbered).join('\n\n')}

The audit log:  ${auditFile}
Verify it:      ${thisProgram()} audit verify ${quoted(auditFile)}

What the guard decides is shown below. Ctrl-C ends it all and removes what it wrote.

`
}

function numbered(step: Step, index: number): string {
  return `${heading(step, index)}\n     ${commandLine(step)}\n   ${outcomeText(step.outcome)}`
}

/** How a step ends, with the rule that refuses it. */
export function outcomeText({ verdict, prints, because }: StepOutcome): string {
  return `${verdict === 'denied' ? `denied ${prints}` : verdict}: ${because}`
}

/** The title of a step with its number. */
export function heading({ title }: Step, index: number): string {
  return `${index + 1}. ${title}`
}

/** A text with every line moved to the right. */
export function indented(text: string, by = '  '): string {
  return text
    .trimEnd()
    .split('\n')
    .map(line => (line === '' ? '' : by + line))
    .join('\n')
}
