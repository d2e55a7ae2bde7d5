import fc from 'fast-check'
import t from 'tap'
import { readMigrationPolicy } from '../../../src/core/facts/migration-policy.ts'
import { findPostCopyReach } from '../../../src/core/rules/post-copy-reach.ts'
import type { Settings } from '../../../src/core/settings/live-migration-config.ts'
import { migrationPolicy } from '../../support/review.ts'

const flag = fc.option(fc.boolean(), { nil: undefined })
const numbers = fc.option(fc.constantFrom(-1, 0, 1, 150), { nil: undefined })
const postCopy = fc.record({
  allowPostCopy: flag,
  allowWorkloadDisruption: flag,
  completionTimeoutPerGiB: numbers,
})
const settings: fc.Arbitrary<Settings> = fc
  .tuple(postCopy, fc.record({ progressTimeout: fc.nat(), allowAutoConverge: fc.boolean() }))
  .map(([decisive, others]) => ({ ...decisive, ...others }) as Settings)
const labels = fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('x', 'y'))
const policies = fc.array(
  fc.record({
    name: fc.constantFrom('p', 'q', 'r', 's'),
    spec: postCopy,
    vm: labels,
    namespace: labels,
  }),
)

t.test('what is remembered of where post copy is effective is what would be found anew', t => {
  fc.assert(
    fc.property(policies, fc.array(settings, { minLength: 2, maxLength: 6 }), (drawn, each) => {
      const read = drawn.map(({ name, spec, vm, namespace }) => {
        const selectors = { virtualMachineInstanceSelector: vm, namespaceSelector: namespace }
        return readMigrationPolicy(migrationPolicy(name, { ...spec, selectors }))
      })
      for (const one of each)
        t.same(findPostCopyReach(one, read), findPostCopyReach(one, [...read]))
    }),
  )
  t.end()
})

t.test('it is found once for the same policies, whatever the settings say besides', t => {
  const on = { allowPostCopy: true, completionTimeoutPerGiB: 150 }
  const read = ['a', 'b'].map(name => readMigrationPolicy(migrationPolicy(name, { selectors: {} })))
  const reach = findPostCopyReach(on, read)
  t.equal(reach.policies.length, 2)
  t.equal(findPostCopyReach({ ...on, completionTimeoutPerGiB: 90, network: 'x' }, read), reach)
  t.not(findPostCopyReach({ ...on, allowPostCopy: false }, read), reach)
  t.not(findPostCopyReach(on, [...read]), reach)
  t.end()
})
