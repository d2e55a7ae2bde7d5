import t from 'tap'
import { decide } from '../../../src/core/decision.ts'
import {
  type MigrationPolicy,
  mergeMigrationPolicy,
  readMigrationPolicy,
  type Workload,
} from '../../../src/core/facts/migration-policy.ts'
import { possibleWinners } from '../../../src/core/facts/winner.ts'
import { readConfig, type Settings } from '../../../src/core/settings/live-migration-config.ts'
import { isPostCopyEffective } from '../../../src/core/settings/post-copy.ts'
import { contextOf, notesOf } from '../../support/decide.ts'
import { ERA_NAMES, ERAS, stored } from '../../support/eras.ts'
import { hyperConverged, migrationPolicy, requestOf, type Values } from '../../support/review.ts'

const settingsOf = (values: Values): Settings => readConfig(values).settings

t.test(
  'post copy is effective where it is allowed, disruption is not forbidden and a timeout ends',
  t => {
    const found: string[] = []
    for (const allowPostCopy of [undefined, true, false])
      for (const allowWorkloadDisruption of [undefined, true, false])
        for (const completionTimeoutPerGiB of [undefined, 0, -1, 1, 150]) {
          const settings = settingsOf({
            allowPostCopy,
            allowWorkloadDisruption,
            completionTimeoutPerGiB,
          })
          if (isPostCopyEffective(settings))
            found.push(`${allowPostCopy} ${allowWorkloadDisruption} ${completionTimeoutPerGiB}`)
        }
    t.same(found, [
      'true undefined undefined',
      'true undefined -1',
      'true undefined 1',
      'true undefined 150',
      'true true undefined',
      'true true -1',
      'true true 1',
      'true true 150',
    ])
    t.end()
  },
)

t.test('the documented recipe is judged as effective post copy only where it runs', t => {
  const flagged = { 'migration-guard.io/network-stability': 'unstable' }
  for (const era of ERA_NAMES) {
    const object = stored(era, { allowPostCopy: true, completionTimeoutPerGiB: 150 }, flagged)
    const { allowed } = decide('validate', requestOf('CREATE', object), contextOf())
    t.equal(allowed, 'allowWorkloadDisruption' in ERAS[era].defaults, era)
  }
  t.end()
})

t.test('a policy overrides field by field, and post copy takes disruption with it', t => {
  const cluster = {
    allowPostCopy: false,
    allowWorkloadDisruption: false,
    completionTimeoutPerGiB: 150,
    parallelMigrationsPerCluster: 5,
    progressTimeout: 150,
    network: 'mig',
    allowAutoConverge: false,
  }
  const merged = (spec: Values, over: Values = {}) =>
    mergeMigrationPolicy(
      settingsOf({ ...cluster, ...over }),
      readMigrationPolicy(migrationPolicy('p', spec)),
    )
  t.same(merged({}), cluster)
  t.same(merged({ allowPostCopy: true }), {
    ...cluster,
    allowPostCopy: true,
    allowWorkloadDisruption: true,
  })
  t.same(
    merged({ allowPostCopy: false }, { allowWorkloadDisruption: true }),
    cluster,
    'off takes disruption away',
  )
  t.same(merged({ allowPostCopy: true, allowWorkloadDisruption: false }), {
    ...cluster,
    allowPostCopy: true,
  })
  t.same(merged({ allowWorkloadDisruption: true }), { ...cluster, allowWorkloadDisruption: true })
  t.same(
    merged({ completionTimeoutPerGiB: 0, allowAutoConverge: true, bandwidthPerMigration: '1Ki' }),
    {
      ...cluster,
      completionTimeoutPerGiB: 0,
      allowAutoConverge: true,
      bandwidthPerMigration: { numerator: 1024n, denominator: 1n },
    },
  )
  t.same(
    merged({ parallelMigrationsPerCluster: 1, progressTimeout: 1, network: 'x' }),
    cluster,
    'a policy has no such fields',
  )
  t.same(
    merged({ allowPostCopy: 'true', completionTimeoutPerGiB: '0' }),
    cluster,
    'of a wrong type',
  )
  t.same(merged({ allowPostCopy: null }), cluster)
  t.end()
})

const policy = (name: string, vm: Values, namespace: Values = {}): MigrationPolicy =>
  readMigrationPolicy(
    migrationPolicy(name, {
      selectors: { virtualMachineInstanceSelector: vm, namespaceSelector: namespace },
    }),
  )
const workload: Workload = {
  name: 'db/ledger',
  labels: { tier: 'gold', app: 'ledger' },
  namespaceLabels: { team: 'bank', zone: 'a' },
}
const winner = (...policies: MigrationPolicy[]) => {
  const names = new Set(
    permutations(policies).map(order => possibleWinners(order)(workload)[0]?.name ?? null),
  )
  return names.size === 1 ? [...names][0] : [...names]
}
function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map(rest => [item, ...rest]),
  )
}

t.test('the policy with the most matching labels wins, in whatever order they are listed', t => {
  const { everything, gold, both, bank, more } = {
    everything: policy('everything', {}),
    gold: policy('gold', { tier: 'gold' }),
    both: policy('both', { tier: 'gold', app: 'ledger' }),
    bank: policy('bank', {}, { team: 'bank' }),
    more: policy('more', {}, { team: 'bank', zone: 'a' }),
  }
  t.equal(winner(), null)
  t.equal(winner(everything), 'everything', 'two empty maps match every VM')
  t.equal(winner(everything, gold), 'gold')
  t.equal(winner(everything, gold, bank, both), 'both')
  t.equal(winner(gold, bank), 'gold', 'a tie goes to more labels of the VM')
  t.equal(winner(both, more), 'both')
  t.equal(winner(policy('mixed', { tier: 'gold' }, { team: 'bank' }), more), 'mixed')
  t.equal(winner(policy('mixed', { tier: 'gold' }, { team: 'bank' }), both), 'both')
  t.equal(
    winner(policy('b', { tier: 'gold' }), policy('a', { app: 'ledger' })),
    'a',
    'then the lowest name',
  )
  t.equal(winner(policy('a', {}, { zone: 'a' }), policy('b', { tier: 'gold' })), 'b')
  t.equal(
    winner(policy('z', { tier: 'gold', app: 'ledger' }), policy('a', { tier: 'gold' }), everything),
    'z',
  )
  t.end()
})

t.test('every label must match, and as text', t => {
  t.equal(winner(policy('p', { tier: 'silver' })), null)
  t.equal(winner(policy('p', { tier: 'gold', app: 'other' })), null)
  t.equal(winner(policy('p', { tier: 'gold' }, { team: 'other' })), null)
  t.equal(winner(policy('p', { absent: '' })), null)
  t.equal(winner(policy('p', { team: 'bank' })), null, 'a label of the namespace is none of the VM')
  t.equal(winner(policy('p', { constructor: 'x' })), null)
  t.end()
})

t.test('no selectors match nothing, empty ones everything', t => {
  const read = (spec: Values) => readMigrationPolicy(migrationPolicy('p', spec))
  t.equal(winner(read({})), null)
  t.equal(winner(read({ selectors: null })), null)
  t.equal(winner(read({ selectors: 'x' })), null)
  t.equal(winner(read({ selectors: {} })), 'p')
  t.equal(winner(read({ selectors: { namespaceSelector: null } })), 'p')
  t.equal(winner(read({ selectors: { virtualMachineInstanceSelector: {} } })), 'p')
  t.end()
})

t.test('an object that is no policy is read as one that matches nothing', t => {
  for (const object of [null, 7, 'x', [], {}, { spec: [] }, { metadata: { name: 7 }, spec: 'x' }]) {
    const read = readMigrationPolicy(object)
    t.same(read, {
      name: '',
      selectors: null,
      labels: null,
      score: [0, 0],
      deletedAt: null,
      settings: {},
      exceptions: {},
    })
  }
  t.end()
})

t.test('a block of an unknown version is found in either place, v1’s first, with a warning', t => {
  const unknown = (spec: Values) => ({
    ...hyperConverged({}),
    apiVersion: 'hco.kubevirt.io/v2',
    spec,
  })
  const judge = (spec: Values) =>
    decide('validate', requestOf('CREATE', unknown(spec)), contextOf())
  const [many, few] = [{ parallelMigrationsPerCluster: 20 }, { parallelMigrationsPerCluster: 5 }]
  const fields = (spec: Values) => judge(spec).findings.map(({ field }) => field)
  t.same(fields({ liveMigrationConfig: many }), [
    'spec.liveMigrationConfig.parallelMigrationsPerCluster',
  ])
  t.same(fields({ virtualization: { liveMigrationConfig: many } }), [
    'spec.virtualization.liveMigrationConfig.parallelMigrationsPerCluster',
  ])
  t.same(
    fields({ liveMigrationConfig: many, virtualization: { liveMigrationConfig: few } }),
    [],
    'v1’s goes first',
  )
  t.match(notesOf(judge({})).join(), /API version "v2" of HyperConverged is unknown/)
  t.end()
})
