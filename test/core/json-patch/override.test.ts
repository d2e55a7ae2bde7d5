import t from 'tap'
import { readOverride } from '../../../src/core/json-patch/override.ts'
import { formatQuantity } from '../../../src/core/settings/quantity.ts'
import { type Operation, PATCH, ROOT } from '../../support/migrations-patch.ts'
import { judged } from '../../support/rule-contract.ts'

t.test('a setting in another case is forbidden as well', t => {
  const forbidden = (key: string) =>
    readOverride(
      { [PATCH]: JSON.stringify([{ op: 'add', path: `${ROOT}/${key}`, value: true }]) },
      {},
    )?.forbidden.length
  t.same(
    [
      'AllowPostCopy',
      'ALLOWPOSTCOPY',
      'allowPoſtCopy',
      'networK',
      'allowWor\u212aloadDisruption',
    ].map(forbidden),
    [1, 1, 1, 1, 1],
  )
  t.equal(forbidden('networ\u212a'), 1, 'the Kelvin sign')
  t.same(['allowPostCopy', 'network', 'allowPostcopies', 'ınetwork'].map(forbidden), [0, 0, 0, 0])
  t.end()
})

t.test('what HCO makes of a patch is judged besides what RFC 6902 says', t => {
  const settings = {
    allowPostCopy: true,
    parallelMigrationsPerCluster: 5,
    bandwidthPerMigration: '1Gi',
  }
  // As RFC 6902 reads it, and as HCO does.
  const read = (patch: string) => {
    const results = readOverride({ [PATCH]: patch }, settings)?.results
    return [results?.get('rfc'), results?.get('hco')]
  }
  const results = (...operations: readonly Operation[]) =>
    read(JSON.stringify(operations)).map(result => ({
      ...result?.settings,
      ...(result?.settings.bandwidthPerMigration && {
        bandwidthPerMigration: formatQuantity(result.settings.bandwidthPerMigration),
      }),
    }))
  t.same(results({ op: 'remove', path: `${ROOT}/allowPostCopy` }), [
    { parallelMigrationsPerCluster: 5, bandwidthPerMigration: '1Gi' },
    settings,
  ])
  t.same(results({ op: 'add', path: ROOT, value: { parallelMigrationsPerCluster: 20 } }), [
    { parallelMigrationsPerCluster: 20 },
    { ...settings, parallelMigrationsPerCluster: 20 },
  ])
  t.same(results({ op: 'remove', path: ROOT }), [{}, settings])
  t.same(results({ op: 'add', path: '/spec/configuration', value: {} }), [{}, settings])
  const { allowPostCopy: _, ...cleared } = settings
  t.same(
    results({ op: 'add', path: `${ROOT}/allowPostCopy`, value: null }),
    [cleared, cleared],
    'null clears',
  )
  t.same(results({ op: 'add', path: ROOT, value: null }), [{}, {}])
  t.same(
    read(`[{"op":"add","path":"${ROOT}","value":"x"}]`).map(result => result?.invalid.length),
    [1, 1],
    'what is no object is invalid',
  )
  t.equal(readOverride({}, settings), null, 'without the annotation there is none')
  t.end()
})

t.test('a bandwidth is tested as HCO renders it', t => {
  const holds = (stored: string, value: string, path = `${ROOT}/bandwidthPerMigration`) => {
    const patch = JSON.stringify([{ op: 'test', path, value }])
    return readOverride({ [PATCH]: patch }, { bandwidthPerMigration: stored })?.problem === null
  }
  t.equal(holds('1024Mi', '1Gi'), true)
  t.equal(
    holds('1024Mi', '1024Mi'),
    false,
    'what stands in the HyperConverged is not what is there',
  )
  t.equal(holds('64Mi', '64Mi'), true)
  t.equal(holds('1.5Gi', '1536Mi'), true)
  t.equal(holds('0Mi', '0'), true)
  t.equal(holds('64m', '64m'), true, 'what is refused anyway stays as it is')
  t.end()
})

t.test('both results are refused where either loses a VM', t => {
  const annotations = (...operations: readonly Operation[]) => ({
    'migration-guard.io/network-stability': 'unstable',
    [PATCH]: JSON.stringify(operations),
  })
  const refused = (settings: Operation, ...operations: readonly Operation[]) =>
    !judged({ era: '1.20', version: 'v1' }, { settings, annotations: annotations(...operations) })
      .allowed
  const inert = { allowPostCopy: true, allowWorkloadDisruption: false }
  t.equal(refused(inert), false)
  t.equal(
    refused(inert, { op: 'remove', path: `${ROOT}/allowWorkloadDisruption` }),
    true,
    'as RFC 6902 says, disruption is unset and follows post copy',
  )
  const armed = { allowPostCopy: false, allowWorkloadDisruption: true }
  t.equal(
    refused(armed, {
      op: 'add',
      path: ROOT,
      value: { allowPostCopy: true, allowWorkloadDisruption: false },
    }),
    false,
  )
  t.equal(
    refused(
      { ...armed, completionTimeoutPerGiB: 0 },
      { op: 'add', path: ROOT, value: { allowPostCopy: true, completionTimeoutPerGiB: null } },
    ),
    true,
    'as HCO reads it, the timeout is cleared and disruption stays',
  )
  t.end()
})
