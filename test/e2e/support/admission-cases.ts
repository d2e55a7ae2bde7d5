import { resourceIn } from './objects.ts'
import type { Who } from './people.ts'

/** The webhooks that ship, without the end of their names. */
export type Webhook = 'guard' | 'advise' | 'fill' | 'policies'
/** API versions of HyperConverged. */
export type Version = 'v1' | 'v1beta1'

/** A change of a HyperConverged and the webhooks that have to hear of it. */
export type Case = {
  readonly what: string
  /** Arguments of kubectl. */
  readonly act: (version: Version) => readonly string[]
  /** What the object holds before. */
  readonly metadata?: object
  /** It was deleted before, and a finalizer holds it. */
  readonly deleting?: true
  readonly who?: Who
  readonly calls: readonly Webhook[]
}

const JSONPATCH = 'kubevirt.kubevirt.io/jsonpatch'
const EXCEPTION = 'exception.migration-guard.io/migrations-disabled'
/** Holds an object that is being deleted. */
export const FINALIZER = 'kubevirt.io/hyperconverged'
const MANY = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`example.com/${i}`, 'x']))

const merge = (change: object) => (version: Version) => [
  ...['patch', resourceIn(version), '--type=merge', '-p', JSON.stringify(change)],
]
const annotate = (annotations: object) => merge({ metadata: { annotations } })
const settings = (change: object | null) => (version: Version) =>
  merge(specIn(version, 'virtualization', { liveMigrationConfig: change }))(version)
const otherField = (version: Version) =>
  merge(specIn(version, 'deployment', { deployVmConsoleProxy: true }))(version)

function specIn(version: Version, section: string, fields: object): object {
  return { spec: version === 'v1' ? { [section]: fields } : fields }
}

function bothIn(version: Version): object {
  const [liveMigrationConfig, deployVmConsoleProxy] = [{ progressTimeout: 600 }, true]
  return version === 'v1'
    ? { virtualization: { liveMigrationConfig }, deployment: { deployVmConsoleProxy } }
    : { liveMigrationConfig, deployVmConsoleProxy }
}

const NOBODY: readonly Webhook[] = []
/** What a change of a guarded setting or annotation reaches. */
export const GUARDED: readonly Webhook[] = ['fill', 'guard']

/** By the administrator. */
export const BY_ANYBODY: readonly Case[] = [
  { what: 'a label', act: merge({ metadata: { labels: { a: 'b' } } }), calls: NOBODY },
  { what: 'another annotation', act: annotate({ 'example.com/a': 'b' }), calls: NOBODY },
  { what: '300 other annotations', act: annotate(MANY), calls: NOBODY },
  { what: 'nothing', act: merge({}), calls: NOBODY },
  { what: 'another field of spec', act: otherField, calls: ['fill', 'advise'] },
  {
    what: 'another field of spec under 300 annotations',
    ...{ metadata: { annotations: MANY }, act: otherField, calls: ['fill', 'advise'] },
  },
  { what: 'a setting', act: settings({ progressTimeout: 600 }), calls: GUARDED },
  { what: 'a setting that was absent', act: settings({ network: 'a' }), calls: GUARDED },
  {
    what: 'a setting and another field of spec',
    act: version => merge({ spec: bothIn(version) })(version),
    calls: GUARDED,
  },
  { what: 'a setting to what it was', act: settings({ progressTimeout: 150 }), calls: NOBODY },
  { what: 'the block removed, all of it stock', act: settings(null), calls: NOBODY },
  {
    what: 'the jsonpatch annotation added',
    act: annotate({ [JSONPATCH]: '[]' }),
    calls: ['guard'],
  },
  {
    what: 'the jsonpatch annotation changed',
    ...{ metadata: { annotations: { [JSONPATCH]: '[]' } }, calls: ['guard'] },
    act: annotate({ [JSONPATCH]: '[ ]' }),
  },
  {
    what: 'the jsonpatch annotation removed',
    ...{ metadata: { annotations: { [JSONPATCH]: '[]' } }, calls: ['guard'] },
    act: annotate({ [JSONPATCH]: null }),
  },
  {
    what: 'the jsonpatch annotation of another operand',
    ...{ act: annotate({ 'ssp.kubevirt.io/jsonpatch': '[]' }), calls: NOBODY },
  },
  { what: 'an exception added', act: annotate({ [EXCEPTION]: '{}' }), calls: GUARDED },
  {
    what: 'an exception changed',
    ...{ metadata: { annotations: { [EXCEPTION]: '{}' } }, calls: GUARDED },
    act: annotate({ [EXCEPTION]: '{"reason":"x"}' }),
  },
  {
    what: 'an exception removed',
    ...{ metadata: { annotations: { [EXCEPTION]: '{}' } }, calls: GUARDED },
    act: annotate({ [EXCEPTION]: null }),
  },
  {
    what: 'a declaration removed with the last annotation',
    metadata: { annotations: { 'migration-guard.io/data': 'critical' } },
    ...{ act: merge({ metadata: { annotations: null } }), calls: GUARDED },
  },
  {
    what: 'the status',
    act: version => [...merge({ status: { a: 'b' } })(version), '--subresource=status'],
    calls: NOBODY,
  },
  {
    what: 'a setting of one that is being deleted',
    ...{ deleting: true, act: settings({ progressTimeout: 600 }), calls: NOBODY },
  },
  {
    what: 'the finalizer of one that is being deleted',
    ...{ deleting: true, act: merge({ metadata: { finalizers: null } }), calls: NOBODY },
  },
  { what: 'a deletion', act: version => ['delete', resourceIn(version)], calls: NOBODY },
]

const change = settings({ progressTimeout: 600 })

/** By others: only the operator in its own pod is told apart. */
export const BY_SOMEBODY: readonly Case[] = [
  { what: 'a setting', act: change, who: 'operator', calls: ['advise'] },
  {
    what: 'a label',
    who: 'operator',
    calls: NOBODY,
    act: merge({ metadata: { labels: { a: 'b' } } }),
  },
  {
    // Anybody's would reach nobody; of the operator, whatever changes spec or annotations is to be seen in the log.
    what: 'another annotation',
    ...{ who: 'operator', calls: ['advise'] },
    act: annotate({ 'example.com/a': 'b' }),
  },
  { what: 'another field of spec', act: otherField, who: 'operator', calls: ['advise'] },
  {
    what: 'an exception',
    who: 'operator',
    calls: ['advise'],
    act: annotate({ [EXCEPTION]: '{}' }),
  },
  // Filling is decided by the name alone: a person who plays the operator is judged, but not helped.
  { what: 'a setting', act: change, who: 'operator without a pod', calls: ['guard'] },
  { what: 'a setting', act: change, who: 'impersonated operator', calls: ['guard'] },
  { what: 'a setting', act: change, who: 'operator by static token', calls: ['guard'] },
  { what: 'a setting', act: change, who: 'operator of another namespace', calls: GUARDED },
  { what: 'a setting', act: change, who: 'other pod', calls: GUARDED },
]
