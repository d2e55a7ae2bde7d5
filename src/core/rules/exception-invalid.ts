import type { Rule } from './rule.ts'
import { isRuleId, nearestRuleId } from './rule-ids.ts'
import type { BareViolation } from './violation.ts'

export const exceptionInvalid: Rule = {
  id: 'exception-invalid',
  title: 'An exception that cannot be honoured',
  enforcement: 'deny',
  trips:
    'an exception annotation is added or changed that cannot be read, has no reason or expiry, has expired, lasts too long, or names no rule that can be waived; warns of one that was there before',
  rationale:
    'An exception that silently does nothing is found out at the worst moment: when it is needed.',
  source: 'docs/exceptions.md',
  remedy: 'Correct the annotation, or remove it.',
  waivable: false,
  kinds: ['HyperConverged', 'MigrationPolicy'],
  check: ({ exceptions }) =>
    exceptions
      .filter(({ problem }) => problem !== null)
      .map(
        ({ field, text, problem, name }, index): BareViolation => ({
          field,
          value: null,
          message: `this exception cannot be honoured: ${problem}${index < MOST_HINTS ? hint(name) : '.'}`,
          consequence: '',
          fix: 'write {reason: at least 10 characters, expires: a date, bound: the value it covers}, or remove it',
          identity: `${name} ${text}`,
          bound: null,
        }),
      ),
}

// The client waits, and an object has room for thousands of misspelt annotations.
const MOST_HINTS = 10

function hint(name: string): string {
  const meant = isRuleId(name) ? undefined : nearestRuleId(name)
  return meant === undefined ? '.' : `; did you mean ${meant}?`
}
