import { isDeepStrictEqual } from 'node:util'
import type { ServeOptions } from '../../src/config/serve-options.ts'
import { parsePolicy } from '../../src/policy/load.ts'
import type { KubernetesObject } from '../e2e/support/objects.ts'
import { type Container, find, type PodSpec, podTemplate } from './parts.ts'
import { readServeArguments } from './serve-arguments.ts'

type Objects = readonly KubernetesObject[]

const NAMESPACE = 'hco-migration-guard'
const CLUSTER_SCOPED = [
  ...['Namespace', 'ClusterRole', 'ClusterRoleBinding', 'PriorityClass'],
  ...['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'],
]

/** What is wrong with the objects of an installation, as far as they alone tell; empty when nothing is. */
export function problemsOf(objects: Objects): readonly string[] {
  return [
    ...identities(objects),
    ...references(objects),
    ...services(objects),
    ...webhooks(objects),
    ...options(objects),
  ]
}

function identities(objects: Objects): readonly string[] {
  const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  const repeated = names.filter((name, index) => names.indexOf(name) !== index)
  const astray = objects.filter(
    ({ kind, metadata }) => !CLUSTER_SCOPED.includes(kind) && metadata.namespace !== NAMESPACE,
  )
  return [
    ...repeated.map(name => `${name}: there are several`),
    ...astray.map(({ kind, metadata }) => `${kind} ${metadata.name}: not in ${NAMESPACE}`),
  ]
}

function references(objects: Objects): readonly string[] {
  const { spec } = podTemplate(objects)
  const wanted: readonly (readonly [kind: string, name: string | undefined])[] = [
    ['ServiceAccount', spec.serviceAccountName],
    ['PriorityClass', spec.priorityClassName],
    ...spec.volumes.map(({ configMap }) => ['ConfigMap', configMap?.name] as const),
    ...spec.volumes.map(
      ({ persistentVolumeClaim: claim }) => ['PersistentVolumeClaim', claim?.claimName] as const,
    ),
  ]
  const mounted = spec.containers[0].volumeMounts.map(({ name }) => name)
  const volumes = spec.volumes.map(({ name }) => name)
  return [
    ...wanted
      .filter(([kind, name]) => name !== undefined && find(objects, kind, name) === undefined)
      .map(([kind, name]) => `the Deployment needs ${kind} ${name}, which is not there`),
    ...mounted.filter(name => !volumes.includes(name)).map(name => `no volume ${name} to mount`),
    ...volumes.filter(name => !mounted.includes(name)).map(name => `volume ${name} is not mounted`),
  ]
}

type ServiceSpec = {
  readonly selector: Readonly<Record<string, string>>
  readonly ports: readonly { readonly port: number; readonly targetPort: string }[]
}

function services(objects: Objects): readonly string[] {
  const { metadata, spec } = podTemplate(objects)
  const ports = spec.containers[0].ports.map(({ name }) => name)
  return objects
    .filter(({ kind }) => kind === 'Service')
    .flatMap(service => {
      const { selector, ports: served } = service.spec as ServiceSpec
      const { name } = service.metadata
      const strays = Object.entries(selector).some(([key, is]) => metadata.labels[key] !== is)
      return [
        ...(strays ? [`Service ${name} selects no pod of the Deployment`] : []),
        ...served
          .filter(({ targetPort }) => !ports.includes(targetPort))
          .map(({ targetPort }) => `Service ${name}: the pod has no port ${targetPort}`),
      ]
    })
}

type Webhook = {
  readonly name: string
  readonly timeoutSeconds?: number
  readonly sideEffects: string
  readonly failurePolicy?: string
  readonly matchPolicy?: string
  readonly clientConfig: { readonly service?: { readonly name: string; readonly port?: number } }
}

function webhooks(objects: Objects): readonly string[] {
  const all = objects
    .filter(({ kind }) => kind.endsWith('WebhookConfiguration'))
    .flatMap(({ webhooks }) => webhooks as readonly Webhook[])
  return all.flatMap(webhook => {
    const { name, clientConfig, timeoutSeconds = 10, sideEffects, matchPolicy } = webhook
    const service = find(objects, 'Service', clientConfig.service?.name)
    const ports = ((service?.spec as ServiceSpec | undefined)?.ports ?? []).map(({ port }) => port)
    return [
      ...(ports.includes(clientConfig.service?.port ?? 443) ? [] : [`${name}: no such Service`]),
      ...(timeoutSeconds <= 5 ? [] : [`${name}: ${timeoutSeconds} s is long to wait for`]),
      ...(sideEffects === 'NoneOnDryRun' ? [] : [`${name}: sideEffects ${sideEffects}`]),
      ...(matchPolicy === 'Equivalent' ? [] : [`${name}: matchPolicy ${matchPolicy}`]),
    ]
  })
}

function options(objects: Objects): readonly string[] {
  const { spec } = podTemplate(objects)
  const [container] = spec.containers
  try {
    const given = readServeArguments(container.args)
    return [...ports(given, container), ...files(given, spec), ...policy(given, spec, objects)]
  } catch (error) {
    return [`args of the container: ${(error as Error).message}`]
  }
}

function ports({ port, opsPort }: ServeOptions, container: Container): readonly string[] {
  const declared = Object.fromEntries(
    container.ports.map(({ name, containerPort }) => [name, containerPort]),
  )
  const wanted = { webhook: port, ops: opsPort }
  if (isDeepStrictEqual(declared, wanted)) return []
  return [`ports of the container: ${JSON.stringify({ declared, wanted })}`]
}

function files(
  { tlsDir, policy: file, auditFile, clientCa }: ServeOptions,
  spec: PodSpec,
): readonly string[] {
  const secret = mountOf(spec, tlsDir)?.secret?.secretName
  const needed = [file, clientCa, ...(auditFile === '-' ? [] : [auditFile])]
  return [
    ...(secret === 'hco-migration-guard-tls' ? [] : [`--tls-dir ${tlsDir}: no Secret there`]),
    ...needed
      .filter(path => path !== null && mountOf(spec, path.replace(/\/[^/]*$/, '')) === undefined)
      .map(path => `${path}: nothing is mounted there`),
  ]
}

function policy(
  { policy: path }: ServeOptions,
  spec: PodSpec,
  objects: Objects,
): readonly string[] {
  if (path === null) return ['no --policy']
  const [, folder = '', key = ''] = /^(.*)\/([^/]*)$/.exec(path) ?? []
  const map = find(objects, 'ConfigMap', mountOf(spec, folder)?.configMap?.name)
  const text = (map?.data as Readonly<Record<string, string>> | undefined)?.[key]
  if (text === undefined) return [`${path}: its ConfigMap has no ${key}`]
  const loaded = parsePolicy(text, path)
  return 'problems' in loaded ? loaded.problems.map(({ message }) => `${path}: ${message}`) : []
}

function mountOf({ containers: [{ volumeMounts }], volumes }: PodSpec, folder: string) {
  const mount = volumeMounts.find(({ mountPath }) => mountPath === folder)
  return volumes.find(({ name }) => name === mount?.name)
}
