import { isDeepStrictEqual } from 'node:util'
import type { ServeOptions } from '../../src/config/serve-options.ts'
import { parsePolicy } from '../../src/policy/load.ts'
import type { KubernetesObject } from '../e2e/support/objects.ts'
import { type Container, find, type PodSpec, podTemplate } from './parts.ts'
import { strayingSelectors } from './selectors.ts'
import { readServeArguments } from './serve-arguments.ts'
import { webhookProblems } from './webhook-problems.ts'

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
    ...strayingSelectors(objects),
    ...services(objects),
    ...probes(objects),
    ...webhookProblems(objects),
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
  readonly ports: readonly { readonly port: number; readonly targetPort: string }[]
}

function portNames(objects: Objects): readonly string[] {
  return podTemplate(objects).spec.containers[0].ports.map(({ name }) => name)
}

function services(objects: Objects): readonly string[] {
  const ports = portNames(objects)
  return objects
    .filter(({ kind }) => kind === 'Service')
    .flatMap(({ metadata, spec }) =>
      (spec as ServiceSpec).ports
        .filter(({ targetPort }) => !ports.includes(targetPort))
        .map(({ targetPort }) => `Service ${metadata.name}: the pod has no port ${targetPort}`),
    )
}

const PROBES = { startupProbe: '/livez', livenessProbe: '/livez', readinessProbe: '/readyz' }

type Probe = { readonly httpGet?: { readonly path: string; readonly port: string } }

function probes(objects: Objects): readonly string[] {
  const [container] = podTemplate(objects).spec.containers
  return Object.entries(PROBES).flatMap(([name, path]) => {
    const { httpGet } = (container[name] ?? {}) as Probe
    if (httpGet?.port === 'ops' && httpGet.path === path) return []
    return [`${name}: must ask for ${path} at port ops, not ${httpGet?.path} at ${httpGet?.port}`]
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
