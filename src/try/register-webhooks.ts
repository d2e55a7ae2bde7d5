import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlPlane } from '../control-plane/control-plane.ts'
import { serveJson } from '../control-plane/json-server.ts'
import type { KubernetesObject } from './shipped-manifests.ts'

/** A ValidatingWebhookConfiguration or a MutatingWebhookConfiguration. */
export type WebhookConfiguration = KubernetesObject & {
  readonly kind: 'ValidatingWebhookConfiguration' | 'MutatingWebhookConfiguration'
  readonly webhooks: readonly Webhook[]
}

type Webhook = {
  readonly name: string
  readonly clientConfig: {
    readonly url?: string
    readonly service?: { readonly path?: string }
    readonly [key: string]: unknown
  }
  readonly [key: string]: unknown
}

type Kind = WebhookConfiguration['kind']

/**
 * Registers configurations written for a Service so that they reach `url` on this machine instead, and waits until the
 * API server acts on them.
 */
export async function register(
  plane: ControlPlane,
  url: string,
  configurations: readonly WebhookConfiguration[],
): Promise<void> {
  const caBundle = Buffer.from(plane.certificates.ca.certificate).toString('base64')
  for (const configuration of configurations) {
    const webhooks = configuration.webhooks.map(each => redirected(each, url, caBundle))
    await apply(plane, { ...configuration, webhooks })
  }
  for (const kind of new Set(configurations.map(each => each.kind))) await settle(plane, kind)
}

function redirected(webhook: Webhook, to: string, caBundle: string): Webhook {
  const { url, service } = webhook.clientConfig
  const path = service ? (service.path ?? '/') : new URL(url ?? to).pathname
  return { ...webhook, clientConfig: { url: new URL(path, to).href, caBundle } }
}

const APPLY = { 'content-type': 'application/apply-patch+yaml' }

async function apply(plane: ControlPlane, object: WebhookConfiguration): Promise<void> {
  const { name } = object.metadata
  const path = `${pathOf(object.kind)}/${name}?fieldManager=try&force=true&fieldValidation=Strict`
  const { status, body } = await plane.request('PATCH', path, object, APPLY)
  if (status >= 300) throw new Error(`${name}: ${JSON.stringify(body)}`)
}

function pathOf(kind: Kind): string {
  return `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}s`
}

const WAIT_MS = 10_000
const POLL_MS = 10

// The API server learns of configurations by a watch, in the order they were written. So when it calls a webhook that was
// registered last, it knows all those before.
async function settle(plane: ControlPlane, kind: Kind): Promise<void> {
  let called = false
  const server = await serveJson(plane.certificates, body => {
    called = true
    const { uid } = (body as { request: { uid: string } }).request
    const response = { uid, allowed: true }
    return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response }
  })
  const name = `last-${new URL(server.url).port}.probe.migration-guard.io`
  await apply(plane, redirectedProbe(kind, name, server.url, plane))
  const deadline = Date.now() + WAIT_MS
  while (!called) {
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }
    await plane.request('POST', '/api/v1/namespaces/default/configmaps?dryRun=All', configMap)
    if (Date.now() > deadline) throw new Error(`the API server never called ${name}`)
    if (!called) await sleep(POLL_MS)
  }
  await plane.request('DELETE', `${pathOf(kind)}/${name}`)
  await server.close()
}

function redirectedProbe(kind: Kind, name: string, url: string, plane: ControlPlane) {
  const caBundle = Buffer.from(plane.certificates.ca.certificate).toString('base64')
  const rule = { apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }
  const webhook = {
    ...{ name, admissionReviewVersions: ['v1'], sideEffects: 'None', failurePolicy: 'Ignore' },
    matchConditions: [{ name: 'own', expression: `object.metadata.name == '${name}'` }],
    rules: [{ ...rule, operations: ['CREATE'] }],
    clientConfig: { url, caBundle },
  }
  const apiVersion = 'admissionregistration.k8s.io/v1'
  return { apiVersion, kind, metadata: { name }, webhooks: [webhook] }
}
