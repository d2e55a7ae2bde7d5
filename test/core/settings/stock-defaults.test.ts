import { readFileSync } from 'node:fs'
import t from 'tap'
import type { JsonObject } from '../../../src/core/json.ts'
import { embeddedStock, stockFor } from '../../../src/core/settings/stock-defaults.ts'
import { stockFromCrd } from '../../../src/core/settings/stock-from-crd.ts'
import { crdOf, ERA_NAMES, ERAS, stored } from '../../support/eras.ts'
import { hyperConverged, type Values } from '../../support/review.ts'

const sorted = (names: readonly string[] | undefined) => [...(names ?? [])].sort()

t.test('the embedded defaults are those of the releases', t => {
  for (const name of ERA_NAMES) {
    const stock = embeddedStock(name)
    t.same(stock?.defaults, ERAS[name].defaults, name)
    t.same(sorted(stock?.known), sorted(ERAS[name].known), name)
    t.equal(stock?.source, `HCO ${name}`)
  }
  const between = {
    '1.5': 800,
    '1.8': 800,
    '1.12': 800,
    '1.15': 150,
    '1.18': 150,
    '1.21': 20,
    '1.999': 20,
  }
  for (const [version, timeout] of Object.entries(between))
    t.equal(embeddedStock(version)?.defaults.completionTimeoutPerGiB, timeout, version)
  t.equal(embeddedStock('1.5')?.defaults.bandwidthPerMigration, undefined, 'dropped with 1.5')
  t.notOk(embeddedStock('1.5')?.known.includes('network'), 'network came with 1.6')
  t.ok(embeddedStock('1.6')?.known.includes('network'))
  t.notOk(embeddedStock('1.8')?.known.includes('allowPostCopy'), 'the switches came with 1.9')
  t.end()
})

t.test('docs/how-it-decides.md says how many settings arrive set from an empty spec', t => {
  const page = readFileSync(new URL('../../../docs/how-it-decides.md', import.meta.url), 'utf8')
  const words = ['none', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
  const share = (version: string) => {
    const { known, defaults } = embeddedStock(version) ?? { known: [], defaults: {} }
    return `${words[Object.keys(defaults).length]} of ${words[known.length]}`
  }
  const [newest, middle, older, old] = ['1.19', '1.18', '1.8', '1.5'].map(share)
  t.match(
    page.replaceAll('\n', ' '),
    `(${newest} on HCO 1.19 and later, ${middle} on 1.9 to 1.18, ${older} on 1.6 to 1.8, ${old} on 1.5)`,
  )
  t.same(['1.9', '1.6'].map(share), [middle, older])
  t.end()
})

t.test('a version is read as people and HCO write it', t => {
  for (const text of ['1.17', 'v1.17', '1.17.3', '1.17.0-unstable', '1.17-rc.1'])
    t.equal(embeddedStock(text)?.source, 'HCO 1.17', text)
  for (const [text, minor] of [
    ['4.8', 4],
    ['4.21.0', 17],
    ['v4.22', 18],
    ['4.23', 19],
  ] as const)
    t.equal(embeddedStock(text)?.source, `HCO 1.${minor}`, text)
  for (const text of [
    '',
    '1',
    '1.',
    'x',
    '2.0',
    '01.17',
    '1.17x',
    '4.7',
    '4.18x',
    '04.18',
    '1.12345',
    '1.-1',
    ' 1.17',
  ])
    t.equal(embeddedStock(text), undefined, JSON.stringify(text))
  t.end()
})

t.test('the CRD that is in the cluster goes before everything', t => {
  const crd = stockFromCrd(crdOf('1.17'))
  const { source, defaults } = stockFor(stored('1.20', {}, {}, 'v1beta1'), crd, '1.4')
  t.equal(source, 'the CRD')
  t.same(defaults, ERAS['1.17'].defaults)
  t.equal(stockFor(stored('1.20'), crd, '1.13').source, 'HCO 1.13', 'for a version it serves')
  t.end()
})

t.test('without a CRD it is the version given, reported, or guessed, in this order', t => {
  const reporting = (settings: Values, ...versions: unknown[]): JsonObject => ({
    ...hyperConverged(settings),
    status: { versions },
  })
  const operator = { name: 'operator', version: '1.13.2' }
  const source = (object: JsonObject, given: string | null = null) =>
    stockFor(object, {}, given).source
  t.equal(source(reporting({}, operator), '1.9'), 'HCO 1.9', 'given')
  t.equal(source(reporting({}, operator), 'nonsense'), 'HCO 1.13', 'given, but unreadable')
  t.equal(source(reporting({}, operator)), 'HCO 1.13', 'reported')
  t.equal(source(reporting({}, { name: 'other', version: '1.4' }, operator)), 'HCO 1.13')
  t.equal(source(reporting({}, { name: 'operator', version: 7 })), 'HCO 1.18', 'unreadable report')
  t.equal(source({ ...hyperConverged({}), status: { versions: 'x' } }), 'HCO 1.18')
  t.equal(source(hyperConverged({ allowWorkloadDisruption: false })), 'HCO 1.19', 'guessed')
  t.equal(source(hyperConverged({ allowWorkloadDisruption: null })), 'HCO 1.19')
  t.equal(source(hyperConverged({ allowPostCopy: false })), 'HCO 1.18')
  t.equal(source(hyperConverged(undefined)), 'HCO 1.18')
  t.end()
})

t.test('a CRD as HCO ships it gives the defaults of each version', t => {
  for (const name of ERA_NAMES) {
    const stock = stockFromCrd(crdOf(name))
    t.same(Object.keys(stock).sort(), [...ERAS[name].versions].sort())
    for (const { defaults, known } of Object.values(stock)) {
      t.same(defaults, ERAS[name].defaults, name)
      t.same(sorted(known), sorted(ERAS[name].known), name)
    }
  }
  t.end()
})

const crdWith = (spec: Values, name: unknown = 'v1beta1'): JsonObject => ({
  spec: { versions: [{ name, schema: { openAPIV3Schema: { properties: { spec } } } }] },
})
const block = (properties: Values, more: Values = {}) => ({ properties, ...more })

t.test(
  'a default of the field goes before one of an object around it, the nearer before the farther',
  t => {
    const properties = {
      progressTimeout: { default: 1 },
      completionTimeoutPerGiB: {},
      parallelMigrationsPerCluster: {},
      network: {},
    }
    const inner = block(properties, {
      default: { progressTimeout: 2, completionTimeoutPerGiB: 2 },
    })
    const spec = block(
      { liveMigrationConfig: inner },
      {
        default: {
          liveMigrationConfig: {
            progressTimeout: 3,
            completionTimeoutPerGiB: 3,
            parallelMigrationsPerCluster: 3,
          },
        },
      },
    )
    const { v1beta1 } = stockFromCrd(crdWith(spec))
    t.same(v1beta1?.defaults, {
      progressTimeout: 1,
      completionTimeoutPerGiB: 2,
      parallelMigrationsPerCluster: 3,
    })
    t.same(v1beta1?.known, [
      'completionTimeoutPerGiB',
      'parallelMigrationsPerCluster',
      'progressTimeout',
      'network',
    ])
    t.end()
  },
)

t.test('false, 0 and an empty text are defaults', t => {
  const properties = {
    allowPostCopy: { default: false },
    progressTimeout: { default: 0 },
    network: { default: '' },
  }
  const { v1beta1 } = stockFromCrd(crdWith(block({ liveMigrationConfig: block(properties) })))
  t.same(v1beta1?.defaults, { allowPostCopy: false, progressTimeout: 0, network: '' })
  t.end()
})

t.test('where both paths are, the one of v1 counts', t => {
  const inV1 = block({ liveMigrationConfig: block({ progressTimeout: { default: 1 } }) })
  const spec = block({
    liveMigrationConfig: block({ progressTimeout: { default: 2 } }),
    virtualization: inV1,
  })
  t.equal(stockFromCrd(crdWith(spec)).v1beta1?.defaults.progressTimeout, 1)
  t.end()
})

t.test('what is no such schema gives nothing', t => {
  const nothing = [
    {},
    { spec: null },
    { spec: { versions: 'x' } },
    { spec: { versions: [null, 7, 'x', [], {}] } },
    crdWith({}),
    crdWith(block({ liveMigrationConfig: 'x' })),
    crdWith(block({ liveMigrationConfig: {} })),
    crdWith(block({ liveMigrationConfig: { properties: [] } })),
    crdWith(block({ liveMigrationConfig: block({}) }), 7),
  ]
  for (const crd of nothing) t.same(Object.keys(stockFromCrd(crd as JsonObject)), [])
  const odd = stockFromCrd(crdWith(block({ liveMigrationConfig: block({ progressTimeout: 7 }) })))
  t.same(
    odd.v1beta1,
    { known: [], defaults: {}, source: 'the CRD' },
    'a property that is no schema',
  )
  const named = stockFromCrd(crdWith(block({ liveMigrationConfig: block({}) }), '__proto__'))
  t.equal(stockFor(stored('1.20'), named, null).source, 'HCO 1.19', 'a version called __proto__')
  t.end()
})
