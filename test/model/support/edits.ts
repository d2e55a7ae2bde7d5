// Edits of settings: few fields and few values, so that those which make a difference together often meet.
import fc from 'fast-check'
import type { Selectors } from './cluster-model.ts'
import { MIGRATIONS, type Operation } from './hco.ts'
import type { Changes } from './moves.ts'

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
// Without the keys that are undefined, which JSON does not have.
const compact = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T

const SELECTORS: readonly Selectors[] = [
  {},
  { virtualMachineInstanceSelector: { app: 'db' } },
  { virtualMachineInstanceSelector: { app: 'web' } },
  { virtualMachineInstanceSelector: { app: 'db', tier: 'gold' } },
  { virtualMachineInstanceSelector: { app: 'db' }, namespaceSelector: { team: 'a' } },
  { namespaceSelector: { team: 'a' } },
]
const selectors = fc.constantFrom(
  ...SELECTORS,
  {},
  { virtualMachineInstanceSelector: { app: 'db' } },
)
export const spec = fc
  .record({
    selectors: fc.option(selectors, { nil: undefined, freq: 8 }),
    allowPostCopy: maybe(fc.constantFrom(true, true, false)),
    allowWorkloadDisruption: fc.constantFrom(undefined, undefined, true, false),
    completionTimeoutPerGiB: fc.constantFrom(undefined, undefined, undefined, 0, 10, 300),
  })
  .map(compact)
export const oneField: fc.Arbitrary<Changes> = fc.oneof(
  { weight: 2, arbitrary: fc.option(selectors, { freq: 6 }).map(value => ({ selectors: value })) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Changes>(
      {},
      { allowPostCopy: true },
      { allowPostCopy: false },
      { allowPostCopy: null },
      { allowWorkloadDisruption: true },
      { allowWorkloadDisruption: false },
      { allowWorkloadDisruption: null },
      { completionTimeoutPerGiB: 0 },
      { completionTimeoutPerGiB: null },
    ),
  },
)

export const operation = fc.constantFrom<Operation>(
  { op: 'add', path: `${MIGRATIONS}/allowPostCopy`, value: true },
  { op: 'add', path: `${MIGRATIONS}/allowPostCopy`, value: false },
  { op: 'add', path: `${MIGRATIONS}/allowWorkloadDisruption`, value: true },
  { op: 'add', path: `${MIGRATIONS}/allowWorkloadDisruption`, value: false },
  { op: 'remove', path: `${MIGRATIONS}/allowWorkloadDisruption` },
  { op: 'add', path: `${MIGRATIONS}/completionTimeoutPerGiB`, value: 0 },
  { op: 'add', path: `${MIGRATIONS}/network`, value: 'worn' },
  { op: 'add', path: `${MIGRATIONS}/network`, value: 'calm' },
  { op: 'add', path: `${MIGRATIONS}/network`, value: null },
  { op: 'replace', path: MIGRATIONS, value: { allowPostCopy: true, completionTimeoutPerGiB: 5 } },
  { op: 'remove', path: MIGRATIONS },
  { op: 'add', path: `${MIGRATIONS}/parallelMigrationsPerCluster`, value: 15 },
)

export const POST_COPY = { allowPostCopy: true, allowWorkloadDisruption: true }
export const oneSetting = fc.constantFrom<Changes>(
  {},
  { allowPostCopy: true },
  POST_COPY,
  { allowPostCopy: false },
  { allowWorkloadDisruption: false },
  { allowWorkloadDisruption: true },
  { completionTimeoutPerGiB: 0 },
  { completionTimeoutPerGiB: 150 },
  { network: null },
  { network: 'worn' },
  { network: 'calm' },
  { parallelMigrationsPerCluster: 5 },
)
export const anySettings = fc.record(
  {
    allowPostCopy: fc.boolean(),
    allowWorkloadDisruption: fc.boolean(),
    completionTimeoutPerGiB: fc.constantFrom(0, 20, 150),
    network: fc.constantFrom(null, 'worn', 'calm'),
    parallelMigrationsPerCluster: fc.constantFrom(5, 12, 15, 20),
  },
  { requiredKeys: [] },
)
