import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { ControlPlane } from '../control-plane/control-plane.ts'
import { ControlPlaneUnavailable } from '../control-plane/unavailable.ts'
import { packageFile } from '../package-file.ts'
import type { WebhookConfiguration } from './register-webhooks.ts'

/** An object as kubectl reads and prints it. */
export type KubernetesObject = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly [key: string]: unknown
  }
  readonly [key: string]: unknown
}

/** What `kubectl apply -k` would apply of a folder of `manifests`. */
export async function rendered(
  { must }: Pick<ControlPlane, 'must'>,
  folder: string,
): Promise<readonly KubernetesObject[]> {
  const manifests = packageFile('manifests')
  if (manifests === undefined)
    throw new ControlPlaneUnavailable(
      'This installation lacks the manifests: run it from a checkout of the sources or from the npm package.',
    )
  const text = await must(['kustomize', join(manifests, folder)])
  return parseAllDocuments(text).map(document => document.toJS() as KubernetesObject)
}

/** The webhook configurations that ship. */
export async function webhookConfigurations(plane: Pick<ControlPlane, 'must'>) {
  const objects = await rendered(plane, 'base')
  return objects.filter((object): object is WebhookConfiguration =>
    object.kind.endsWith('WebhookConfiguration'),
  )
}
