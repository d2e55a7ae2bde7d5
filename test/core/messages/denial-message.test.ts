import t from 'tap'
import { DEFAULT_POLICY } from '../../../src/core/policy.ts'
import { answer, decided } from '../../support/answer.ts'
import {
  approving,
  exceptionText,
  factsOf,
  migrationPolicy,
  network,
  type Values,
} from '../../support/review.ts'
import { enforcing, judged } from '../../support/rule-contract.ts'

t.test('a refusal reads well in a terminal and names every reason', t => {
  const { status, allowed } = answer(
    decided({ parallelMigrationsPerCluster: 20, progressTimeout: '150' }),
  )
  t.equal(allowed, false)
  t.equal(
    status?.message,
    `nothing was changed, for 2 reasons:

[parallel-migrations-too-high] spec.virtualization.liveMigrationConfig.parallelMigrationsPerCluster is 20: at most 10 are allowed with heavy workloads (assumed: the running VMs are not known). So many at once share the network: none keeps up with a busy guest, and all run into the timeout.
  fix: set parallelMigrationsPerCluster to 10 or less (guidance: 5); if no heavy workload runs here, say so: annotation migration-guard.io/workload-profile: standard
  exception: someone who may approve it can add the annotation
    exception.migration-guard.io/parallel-migrations-too-high: '{"reason":"<reason>","expires":"2026-11-30","bound":{"parallelMigrationsPerCluster":20}}'

[invalid-value] spec.virtualization.liveMigrationConfig.progressTimeout is "150": the value is text, not a number: remove the quotes.
  fix: write a whole number of seconds, such as 150`,
  )
  t.match(status, {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code: 403,
    reason: 'Forbidden',
    details: { name: 'kubevirt-hyperconverged', group: 'hco.kubevirt.io', kind: 'HyperConverged' },
  })
  t.match(status?.details.causes, [
    {
      reason: 'parallel-migrations-too-high',
      field: 'spec.virtualization.liveMigrationConfig.parallelMigrationsPerCluster',
      message: /^\[parallel-migrations-too-high\] .* Fix: set/,
    },
    { reason: 'invalid-value' },
  ])
  t.match(answer(decided({ progressTimeout: '150' })).status, { code: 422, reason: 'Invalid' })
  t.end()
})

t.test(
  'the exception that a refusal prints is refused as it is and works once it has a reason',
  t => {
    const postCopy = { network: 'bad', allowPostCopy: true, allowWorkloadDisruption: true }
    const cases: readonly (readonly [Values, policies?: number])[] = [
      [{ parallelMigrationsPerCluster: 20 }],
      [{ parallelOutboundMigrationsPerNode: 0 }],
      [{ network: 'absent' }],
      [{ network: "it's,wrong" }],
      [postCopy],
      [postCopy, 60],
      [postCopy, 90],
      [postCopy, 100],
      [postCopy, 500],
    ]
    for (const [settings, policies = 0] of cases) {
      const facts = factsWith(policies)
      const message = answer(decided(settings, {}, null, { facts })).status?.message ?? ''
      const [, rule = '', quoted = ''] =
        /exception\.migration-guard\.io\/(\S+): '(.*)'$/m.exec(message) ?? []
      const text = quoted.replaceAll("''", "'")
      const attempt = (text: string) =>
        decided(settings, { [`exception.migration-guard.io/${rule}`]: text }, null, {
          facts,
          approvals: approving(rule),
        }).outcome
      const name = `${rule} of ${policies}`
      t.equal(attempt(text), 'denied', `${name} as it is`)
      const reasoned = text.replace('<reason>', 'the rack is being moved')
      t.equal(attempt(reasoned), 'allowed-by-exception', name)
    }
    t.end()
  },
)

t.test('the exception that is printed keeps what the one in its place covers', t => {
  const rule = 'post-copy-unstable-network'
  const key = `exception.migration-guard.io/${rule}`
  const on = { selectors: {}, allowPostCopy: true }
  const facts = factsOf([
    migrationPolicy('a', { ...on, completionTimeoutPerGiB: 150 }),
    migrationPolicy('b', on),
  ])
  const state = (completionTimeoutPerGiB: number, text: string) => ({
    settings: { completionTimeoutPerGiB },
    annotations: { 'migration-guard.io/network-stability': 'unstable', [key]: text },
  })
  const forA = exceptionText({ bound: { network: '(pod network)', policy: 'a' } })
  const tried = (text: string) =>
    judged({ era: '1.20', version: 'v1' }, state(150, text), state(0, forA), {
      facts,
      approvals: approving(rule),
    })
  const { message = '' } = answer(tried(forA)).status ?? {}
  t.match(message, '1 reason')
  t.match(message, '"policy":["a","b"]')
  const [, printed = ''] = /: '(\{.*)'$/m.exec(message) ?? []
  const { outcome } = tried(printed.replace('<reason>', 'the rack is being moved'))
  t.equal(outcome, 'allowed-by-exception')
  t.end()
})

t.test('an exception that cannot name all it would have to is printed without a bound', t => {
  const settings = { network: 'bad', allowPostCopy: true, allowWorkloadDisruption: true }
  const printed = (policies: number) => {
    const facts = factsWith(policies)
    const { message = '' } = answer(decided(settings, {}, null, { facts })).status ?? {}
    return message.slice(message.indexOf('  exception: ')).split('\n').slice(0, 2)
  }
  const [lead, line = ''] = printed(60)
  t.equal(lead, '  exception: someone who may approve it can add the annotation')
  t.match(line, '"team-00-databases"')
  t.match(line, '"team-59-databases"')
  t.same(printed(500), [
    '  exception: one annotation has no room to name all that is refused here; without a bound it covers what the request sets that adds it, nothing more later and no deletion. Someone who may approve it can add the annotation',
    `    exception.migration-guard.io/post-copy-unstable-network: '{"reason":"<reason>","expires":"2026-11-30"}'`,
  ])
  t.end()
})

t.test(
  'what cannot be seen in a name is escaped in the exception, and means the name all the same',
  t => {
    const rule = 'post-copy-unstable-network'
    const settings = { network: 'bad,a\u202eb', allowPostCopy: true, allowWorkloadDisruption: true }
    const context = { facts: factsWith(0), policy: enforcing(rule, 'deny') }
    const { message = '' } = answer(decided(settings, {}, null, context)).status ?? {}
    const [, text = ''] = /: '(\{.*)'$/m.exec(message) ?? []
    t.match(text, 'a\\u202eb')
    const annotations = {
      [`exception.migration-guard.io/${rule}`]: text.replace('<reason>', 'the rack is being moved'),
    }
    const approvals = approving(rule)
    const { outcome } = decided(settings, annotations, null, { ...context, approvals })
    t.equal(outcome, 'allowed-by-exception')
    t.end()
  },
)

function factsWith(policies: number) {
  const named = Array.from({ length: policies }, (_, number) =>
    migrationPolicy(`team-${`${number}`.padStart(2, '0')}-databases`, {
      selectors: {},
      allowPostCopy: true,
    }),
  )
  return factsOf([network('bad', 'unstable'), ...named])
}

t.test('the exception that is printed never lasts longer than the policy allows', t => {
  const policy = {
    ...DEFAULT_POLICY,
    exceptions: { maxDurationSeconds: 7200, onExpiry: 'warn' } as const,
  }
  const { status } = answer(decided({ parallelMigrationsPerCluster: 20 }), { policy })
  t.match(status?.message, '"expires":"2026-11-23T14:00:00Z"')
  t.end()
})

t.test('what is not waivable shows no exception', t => {
  t.notMatch(answer(decided({ progressTimeout: -1 })).status?.message, /exception:/)
  t.end()
})
