import type { KubernetesObject } from '../e2e/support/objects.ts'
import { podTemplate } from './parts.ts'

type Labels = Readonly<Record<string, string>>
type Selector = { readonly matchLabels?: Labels }

type Selecting = {
  readonly selector?: Selector
  readonly podSelector?: Selector
  readonly template?: {
    readonly spec: { readonly topologySpreadConstraints?: readonly { labelSelector?: Selector }[] }
  }
}

/** Everything that selects pods by their labels must select those of the Deployment; a ServiceMonitor selects a Service. */
export function strayingSelectors(objects: readonly KubernetesObject[]): readonly string[] {
  const { labels } = podTemplate(objects).metadata
  const pods = objects
    .flatMap(selectorsOf)
    .filter(({ wanted }) => !selects(wanted, labels))
    .map(({ what }) => `${what} selects no pod of the Deployment`)
  return [...pods, ...strayingMonitors(objects)]
}

/** An empty selector selects everything, which is never meant here. */
function selects(wanted: Labels, labels: Labels): boolean {
  const entries = Object.entries(wanted)
  return entries.length > 0 && entries.every(([key, value]) => labels[key] === value)
}

function selectorsOf(object: KubernetesObject) {
  const { kind, metadata } = object
  const { selector, podSelector, template } = (object.spec ?? {}) as Selecting
  const what = `${kind} ${metadata.name}`
  const named = (place: string, found: Selector | undefined) => ({
    what: `${what}${place}`,
    wanted: found?.matchLabels ?? {},
  })
  if (kind === 'Service') return [{ what, wanted: (selector ?? {}) as Labels }]
  if (kind === 'PodDisruptionBudget') return [named('', selector)]
  if (kind === 'NetworkPolicy') return [named('', podSelector)]
  if (kind !== 'Deployment') return []
  const spread = template?.spec.topologySpreadConstraints ?? []
  return [
    named('', selector),
    ...spread.map(({ labelSelector }, index) =>
      named(`: topologySpreadConstraints[${index}]`, labelSelector),
    ),
  ]
}

type Monitor = {
  readonly selector: Selector
  readonly endpoints: readonly { readonly port: string }[]
}

function strayingMonitors(objects: readonly KubernetesObject[]): readonly string[] {
  const services = objects.filter(({ kind }) => kind === 'Service')
  return objects
    .filter(({ kind }) => kind === 'ServiceMonitor')
    .flatMap(({ metadata, spec }) => {
      const { selector, endpoints } = spec as Monitor
      const found = services.filter(({ metadata: { labels = {} } }) =>
        selects(selector.matchLabels ?? {}, labels as Labels),
      )
      const ports = found.flatMap(({ spec }) =>
        (spec as { ports: readonly { name: string }[] }).ports.map(({ name }) => name),
      )
      const what = `ServiceMonitor ${metadata.name}`
      if (found.length === 0) return [`${what} selects no Service`]
      return endpoints
        .filter(({ port }) => !ports.includes(port))
        .map(({ port }) => `${what}: no Service has a port ${port}`)
    })
}
