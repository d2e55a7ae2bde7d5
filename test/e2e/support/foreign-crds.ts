import type { ControlPlane } from '../../../src/control-plane/control-plane.ts'

type Schema = { readonly [keyword: string]: unknown }

const text = { type: 'string' }
const texts = { type: 'array', items: text }

function object(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', properties }
}

const issuerRef = object({ name: text, kind: text, group: text })
const privateKey = object({ algorithm: text, size: { type: 'integer' }, rotationPolicy: text })

/**
 * The kinds of others that our manifests use, with the fields of theirs that we write: any other is an error. Names and types
 * are those of the CRDs of cert-manager v1.21.1 (deploy/crds) and Prometheus operator v0.93.0 (example/prometheus-operator-crd).
 */
const KINDS = [
  {
    ...{ group: 'cert-manager.io', version: 'v1', kind: 'Issuer', plural: 'issuers' },
    spec: object({ selfSigned: object({}), ca: object({ secretName: text }) }),
  },
  {
    ...{ group: 'cert-manager.io', version: 'v1', kind: 'Certificate', plural: 'certificates' },
    spec: object({
      ...{ isCA: { type: 'boolean' }, commonName: text, secretName: text, dnsNames: texts },
      ...{ duration: text, renewBefore: text, usages: texts, privateKey, issuerRef },
    }),
  },
  {
    ...{ group: 'monitoring.coreos.com', version: 'v1' },
    ...{ kind: 'ServiceMonitor', plural: 'servicemonitors' },
    spec: object({
      selector: object({ matchLabels: { type: 'object', additionalProperties: text } }),
      endpoints: { type: 'array', items: object({ port: text, path: text, interval: text }) },
    }),
  },
] as const

/** Installs the CRDs of cert-manager and the Prometheus operator, as far as we use them. */
export async function installForeignCrds({ must, kubectl }: ControlPlane): Promise<void> {
  const items = KINDS.map(({ group, version, kind, plural, spec }) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      ...{ group, scope: 'Namespaced', names: { kind, plural } },
      versions: [
        {
          ...{ name: version, served: true, storage: true },
          schema: { openAPIV3Schema: object({ spec }) },
        },
      ],
    },
  }))
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  await must(['create', '-f', '-'], { input })
  const names = items.map(({ metadata }) => `crd/${metadata.name}`)
  await must(['wait', '--for=condition=Established', ...names, '--timeout=30s'])
  kubectl.forgetKinds()
}
