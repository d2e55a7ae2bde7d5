import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { ControlPlane } from '../../control-plane/control-plane.ts'
import type { KubernetesObject } from './objects.ts'
import type { WebhookConfiguration } from './webhooks.ts'

const MANIFESTS = join(import.meta.dirname, '../../../manifests')

/** What `kubectl apply -k` would apply of a folder of `manifests`. */
export async function rendered(
  { must }: Pick<ControlPlane, 'must'>,
  folder: string,
): Promise<readonly KubernetesObject[]> {
  const text = await must(['kustomize', join(MANIFESTS, folder)])
  return parseAllDocuments(text).map(document => document.toJS() as KubernetesObject)
}

/** The webhook configurations that ship. */
export async function webhookConfigurations(plane: Pick<ControlPlane, 'must'>) {
  const objects = await rendered(plane, 'base')
  return objects.filter((object): object is WebhookConfiguration =>
    object.kind.endsWith('WebhookConfiguration'),
  )
}
