// One review may not hold up the others.
import t from 'tap'
import { decide } from '../../src/core/decision.ts'
import { CATALOGUE } from '../../src/core/rules/catalogue.ts'
import {
  type Attempt,
  attempt,
  CRITICAL,
  hco,
  POST_COPY,
  STOCK,
  selecting,
  UNSTABLE,
  withPatch,
} from '../support/attempt.ts'
import { contextOf } from '../support/decide.ts'
import { ROOT } from '../support/migrations-patch.ts'
import { factsOf, network, requestOf, vmi } from '../support/review.ts'

const PREFIX = 'exception.migration-guard.io/'

// Far above what is needed, and far below what each of these once took.
const LONGEST_MS = 2000

const HEAVY: Readonly<Record<string, () => Attempt>> = {
  'thousands of jsonpatch operations on an object of thousands of keys': () => {
    const value = Object.fromEntries(Array.from({ length: 12_000 }, (_, index) => [`a${index}`, 1]))
    const writes = Array.from({ length: 1400 }, () => ({
      op: 'add',
      path: `${ROOT}/b`,
      value: 1,
    }))
    return withPatch(JSON.stringify([{ op: 'add', path: ROOT, value }, ...writes]))
  },
  'a MigrationPolicy of thousands of selectors beside thousands of critical VMs': () => {
    const labels = Object.fromEntries(
      Array.from({ length: 30_000 }, (_, index) => [`k${index}`, '']),
    )
    const vms = Array.from({ length: 2000 }, (_, index) => vmi(`vm${index}`, CRITICAL))
    return {
      object: selecting('p', labels, { allowPostCopy: true }),
      context: { facts: factsOf([hco(STOCK), ...vms]) },
    }
  },
  'hundreds of policies with post copy beside hundreds that spare': () => {
    const policies = Array.from({ length: 400 }, (_, index) =>
      selecting(`p${index}`, { [`k${index % 7}`]: 'v' }, { allowPostCopy: index % 2 === 0 }),
    )
    return {
      old: hco(POST_COPY, UNSTABLE),
      object: hco({ ...POST_COPY, progressTimeout: 200 }, UNSTABLE),
      context: { facts: factsOf([hco(POST_COPY, UNSTABLE), ...policies]) },
    }
  },
  'tens of thousands of policies with post copy on an unstable network': () => {
    const policies = Array.from({ length: 32_000 }, (_, index) =>
      selecting(`p${index}`, { [`k${index}`]: 'v' }, { allowPostCopy: true }),
    )
    return {
      old: hco(STOCK, UNSTABLE),
      object: hco({ ...STOCK, progressTimeout: 200 }, UNSTABLE),
      context: { facts: factsOf(policies) },
    }
  },
  'a network of a million names': () => ({
    old: hco({ ...POST_COPY, network: 'good' }),
    object: hco({ ...POST_COPY, network: 'a,'.repeat(700_000) }),
    context: { facts: factsOf([network('good', 'stable'), network('shaky', 'unstable')]) },
  }),
  'thousands of exceptions to rules that do not exist': () => {
    const annotations = Object.fromEntries(
      Array.from({ length: 7500 }, (_, index) => [`${PREFIX}rule-${index}`, 'x']),
    )
    return { old: hco(STOCK), object: hco(STOCK, annotations) }
  },
  'thousands of keys in a jsonpatch that differ in case': () => {
    const value = Object.fromEntries(
      Array.from({ length: 8192 }, (_, bits) => [
        [...'allowPostCopy'].map((c, i) => (bits & (1 << i) ? c.toUpperCase() : c)).join(''),
        1,
      ]),
    )
    return withPatch(JSON.stringify([{ op: 'add', path: ROOT, value }]))
  },
  'an exception to every rule that is hard to read': () => {
    const text = '['.repeat(60) + ','.repeat(2000)
    const annotations = Object.fromEntries(
      Object.keys(CATALOGUE).map(rule => [PREFIX + rule, text.slice(0, 2048)]),
    )
    return {
      old: hco(STOCK, annotations),
      object: hco({ ...STOCK, progressTimeout: 200 }, annotations),
    }
  },
}

for (const [name, make] of Object.entries(HEAVY))
  t.test(`soon answered: ${name}`, t => {
    const way = make()
    const start = performance.now()
    attempt(way)
    const took = performance.now() - start
    t.ok(took < LONGEST_MS, `${took.toFixed(0)} ms`)
    t.end()
  })

t.test('soon filled: an object that thousands of managers have applied', t => {
  const managed = (progressTimeout: number) =>
    hco({ ...STOCK, progressTimeout }, {}, 'v1', {
      managedFields: Array.from({ length: 5000 }, (_, index) => ({
        apiVersion: 'hco.kubevirt.io/v1',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:metadata': { 'f:labels': { 'f:a': {} } } },
        manager: index < 2500 ? 'one' : `manager-${index}`,
        operation: 'Apply',
        time: '2026-11-23T11:00:00Z',
      })),
    })
  const request = requestOf('UPDATE', managed(200), managed(150))
  const start = performance.now()
  decide('mutate', request, contextOf())
  const took = performance.now() - start
  t.ok(took < LONGEST_MS, `${took.toFixed(0)} ms`)
  t.end()
})
