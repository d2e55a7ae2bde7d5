import type { ControlPlane } from '../../../src/control-plane/control-plane.ts'
import { NAMESPACE } from './cluster.ts'
import { hyperConverged, resourceIn } from './objects.ts'

/** A change of the HyperConverged in v1: settings, annotations, and what else a merge patch may hold. */
export type HyperConvergedChange = {
  readonly settings?: Readonly<Record<string, unknown>>
  readonly annotations?: Readonly<Record<string, string | null>>
  readonly labels?: Readonly<Record<string, string | null>>
}

/** The one HyperConverged, in v1. */
export const RESOURCE = resourceIn('v1')
/** Where the API server serves it. */
export const PATH = `/apis/hco.kubevirt.io/v1/namespaces/${NAMESPACE}/hyperconvergeds`
/** Where etcd holds it. */
export const STORED = `hco.kubevirt.io/hyperconvergeds/${NAMESPACE}/kubevirt-hyperconverged`

/** The change as a merge patch. */
export function mergePatch({ settings, ...metadata }: HyperConvergedChange): object {
  const liveMigrationConfig = settings
  return {
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(settings && { spec: { virtualization: { liveMigrationConfig } } }),
  }
}

/** The change as arguments of kubectl. */
export function patching(change: HyperConvergedChange): readonly string[] {
  return ['patch', RESOURCE, '--type=merge', '-p', JSON.stringify(mergePatch(change))]
}

/** Makes the HyperConverged anew, by the administrator, who may approve anything. */
export async function seed(
  { request }: Pick<ControlPlane, 'request'>,
  { settings = {}, annotations = {} }: Pick<SeededChange, 'settings' | 'annotations'> = {},
): Promise<void> {
  const object = hyperConverged(
    'v1',
    { virtualization: { liveMigrationConfig: settings } },
    annotations,
  )
  await request('DELETE', `${PATH}/${object.metadata.name}`)
  const { status, body } = await request('POST', PATH, object)
  if (status !== 201) throw new Error(JSON.stringify(body))
}

type SeededChange = {
  readonly settings?: Readonly<Record<string, unknown>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** The annotation that excuses violations of a rule. */
export function exception(rule: string, text: object | string): Readonly<Record<string, string>> {
  const value = typeof text === 'string' ? text : JSON.stringify(text)
  return { [`exception.migration-guard.io/${rule}`]: value }
}

/** A time some seconds ahead, as exceptions write it. */
export function inSeconds(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString()
}
