import type { Ran } from '../../../src/control-plane/kubectl.ts'
import type { Cluster } from './cluster.ts'
import { kubectlEdit } from './edit.ts'
import { hyperConverged, resourceIn } from './objects.ts'

/** Settings of live migration, by name. */
export type Settings = Readonly<Record<string, unknown>>
type Version = 'v1' | 'v1beta1'

/** A way in which people and programs write a HyperConverged with kubectl. */
export type Client = {
  readonly what: string
  /** How the object comes about that it changes; null where it makes one itself. */
  readonly begin: ((cluster: Cluster, version: Version, settings: Settings) => Promise<Ran>) | null
  /** Gives settings of `before` another value. */
  readonly change: (
    cluster: Cluster,
    version: Version,
    change: Settings,
    before: Settings,
  ) => Promise<Ran>
}

/** Brings a manifest: `create`, `apply` or `replace` with what follows. */
export function bring(
  cluster: Pick<Cluster, 'kubectl'>,
  verb: readonly string[],
  manifest: object,
): Promise<Ran> {
  return cluster.kubectl([...verb, '-f', '-'], { input: JSON.stringify(manifest) })
}

/** A HyperConverged with these settings, in the place of its version. */
export function withSettings(
  version: Version,
  settings: Settings | undefined,
  annotations?: Readonly<Record<string, string>>,
) {
  const block = settings === undefined ? {} : { liveMigrationConfig: settings }
  const spec = version === 'v1' ? { virtualization: block } : block
  return hyperConverged(version, spec, annotations)
}

/** Where the settings stand in a version, as JSON Pointer. */
export const POINTERS: Readonly<Record<Version, string>> = {
  v1: '/spec/virtualization/liveMigrationConfig',
  v1beta1: '/spec/liveMigrationConfig',
}

const by =
  (...verb: string[]) =>
  (cluster: Cluster, version: Version, settings: Settings) =>
    bring(cluster, verb, withSettings(version, settings))
const whole =
  (...verb: string[]): Client['change'] =>
  (cluster, version, change, before) =>
    by(...verb)(cluster, version, { ...before, ...change })

const edit: Client['change'] = (cluster, version, change, before) => {
  const line = (name: string, value: unknown) => `${name}: ${value}\n`
  const changes = Object.entries(change).map(
    ([name, value]) => [line(name, before[name]), line(name, value)] as const,
  )
  return kubectlEdit(cluster, [resourceIn(version)], changes)
}

const patchJson: Client['change'] = (cluster, version, change) => {
  const operations = Object.entries(change).map(([name, value]) => ({
    ...{ op: 'replace', path: `${POINTERS[version]}/${name}`, value },
  }))
  return patch(cluster, version, 'json', operations)
}

const patchMerge: Client['change'] = (cluster, version, change) =>
  patch(cluster, version, 'merge', { spec: withSettings(version, change).spec })

/** `kubectl patch` of the one HyperConverged. */
export function patch(
  cluster: Pick<Cluster, 'kubectl'>,
  version: Version,
  type: 'json' | 'merge',
  body: object,
  ...more: readonly string[]
): Promise<Ran> {
  const args = ['patch', resourceIn(version), `--type=${type}`, '-p', JSON.stringify(body)]
  return cluster.kubectl([...args, ...more])
}

const SERVER_SIDE = ['apply', '--server-side'] as const

/** All that can write settings. */
export const CLIENTS: readonly Client[] = [
  { what: 'create', begin: null, change: whole('create') },
  { what: 'edit', begin: by('create'), change: edit },
  { what: 'apply', begin: by('apply'), change: whole('apply') },
  { what: 'apply --server-side', begin: by(...SERVER_SIDE), change: whole(...SERVER_SIDE) },
  { what: 'replace', begin: by('create'), change: whole('replace') },
  { what: 'patch --type=json', begin: by('create'), change: patchJson },
  { what: 'patch --type=merge', begin: by('create'), change: patchMerge },
]
