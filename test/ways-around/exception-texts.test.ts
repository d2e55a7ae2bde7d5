// An exception whose text says more, or less, than its approver could see.
import { exception, hco, noWayAround, STOCK } from '../support/attempt.ts'
import { approving, exceptionText } from '../support/review.ts'

const RULE = 'parallel-migrations-too-high'
const PREFIX = 'exception.migration-guard.io/'
/** An exception that somebody approves, with this text. */
const approved = (text: string) => ({
  old: hco(STOCK),
  object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }, { [PREFIX + RULE]: text }),
  context: { approvals: approving(RULE) },
})

noWayAround({
  'an exception whose expiry stands twice': [
    'exception-invalid',
    approved('{"reason":"maintenance window","expires":"2026-12-01","expires":"2026-11-25"}'),
  ],
  'an exception by a merge key': [
    'exception-invalid',
    approved('<<: {reason: maintenance window}\nexpires: 2026-12-01'),
  ],
  'an exception in two documents': [
    'exception-invalid',
    approved('reason: maintenance window\nexpires: 2026-12-01\n---\nreason: b'),
  ],
  'an exception that expires now': [
    'exception-invalid',
    approved(exceptionText({ expires: '2026-11-23T12:00:00Z' })),
  ],
  'an exception that has expired on the other side of the date line': [
    'exception-invalid',
    approved(exceptionText({ expires: '2026-11-24T02:00:00+14:00' })),
  ],
  'an exception until the year 9999': [
    'exception-invalid',
    approved(exceptionText({ expires: '9999-12-31' })),
  ],
  'an exception for years': [
    'exception-invalid',
    {
      old: hco(STOCK),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        exception('parallel-migrations-too-high', { expires: '2036-01-01' }),
      ),
      context: { approvals: approving('parallel-migrations-too-high') },
    },
  ],
  'an exception that is already expired when it is added': [
    'exception-invalid',
    {
      old: hco(STOCK),
      object: hco(STOCK, exception('parallel-migrations-too-high', { expires: '2026-11-22' })),
      context: { approvals: approving('parallel-migrations-too-high') },
    },
  ],
  'an exception that cannot be parsed': [
    'parallel-migrations-too-high',
    {
      old: hco(STOCK),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        { 'exception.migration-guard.io/parallel-migrations-too-high': '{reason: [' },
      ),
      context: { approvals: approving('parallel-migrations-too-high') },
    },
  ],
  'a bound of infinity': [
    'exception-invalid',
    approved(
      '{"reason":"maintenance window","expires":"2026-12-01","bound":{"parallelMigrationsPerCluster":1e400}}',
    ),
  ],
  'a bound of no number': [
    'exception-invalid',
    approved(
      '{reason: maintenance window, expires: 2026-12-01, bound: {parallelMigrationsPerCluster: .nan}}',
    ),
  ],
  'a bound of nothing': ['exception-invalid', approved(exceptionText({ bound: {} }))],
  'a bound on a prototype': [
    'exception-invalid',
    approved('{"reason":"maintenance window","expires":"2026-12-01","bound":{"__proto__":99}}'),
  ],
  'an exception under a longer prefix': [
    RULE,
    {
      old: hco(STOCK),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        { [`x.${PREFIX}${RULE}`]: exceptionText() },
      ),
    },
  ],
  'a blank added to an approved exception': [
    'exception-unauthorised',
    {
      old: hco(STOCK, { [PREFIX + RULE]: exceptionText() }),
      object: hco(STOCK, { [PREFIX + RULE]: `${exceptionText()} ` }),
    },
  ],
  'a reason of ten characters that nobody can see': [
    'exception-invalid',
    approved(JSON.stringify({ reason: '\u200b'.repeat(12), expires: '2026-12-01' })),
  ],
})
