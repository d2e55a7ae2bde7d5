import { printable } from '../json.ts'
import type { Rule } from './rule.ts'
import type { BareViolation } from './violation.ts'

export const exceptionUnauthorised: Rule = {
  id: 'exception-unauthorised',
  title: 'An exception by someone who may not approve it',
  enforcement: 'deny',
  trips:
    'an exception is added or changed, or a declaration (`data: critical`, `network-stability: unstable`) taken back, by someone without the right to approve exceptions to that rule',
  rationale:
    'Whoever may edit the HyperConverged may write any annotation. An exception is worth something only if somebody else than the editor can be made to answer for it.',
  source: 'Kubernetes SubjectAccessReview; see docs/exceptions.md',
  remedy:
    'Let someone do it who has the verb `approve` on `exceptions.migration-guard.io` with the id of the rule as name.',
  waivable: false,
  kinds: ['HyperConverged', 'MigrationPolicy'],
  check: ({ unapproved }) =>
    unapproved.map(({ name, field, action, username, detail }): BareViolation => {
      const shown = printable(name, 80)
      return {
        field,
        value: null,
        message: `${printable(username, 120)} ${action} ${shown}, which needs approval: ${printable(detail, 200)}.`,
        consequence: '',
        fix: `let someone do this who may "approve" the resource "exceptions" of group migration-guard.io with name ${shown}`,
        identity: field,
        bound: null,
      }
    }),
}
