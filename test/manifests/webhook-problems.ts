import type { KubernetesObject } from '../e2e/support/objects.ts'
import { find } from './parts.ts'

type Webhook = {
  readonly name: string
  readonly timeoutSeconds?: number
  readonly sideEffects: string
  readonly failurePolicy?: string
  readonly matchPolicy?: string
  readonly reinvocationPolicy?: string
  readonly clientConfig: {
    readonly service?: { readonly name: string; readonly port?: number; readonly path?: string }
  }
}

type Door = Pick<Webhook, 'failurePolicy' | 'reinvocationPolicy'> & { readonly path: string }

/** Where each is answered, and what comes of it when nobody answers. */
const DOORS: Readonly<Record<string, Door>> = {
  'guard.migration-guard.io': { path: '/validate', failurePolicy: 'Fail' },
  'policies.migration-guard.io': { path: '/validate', failurePolicy: 'Fail' },
  'advise.migration-guard.io': { path: '/advise', failurePolicy: 'Ignore' },
  // What another webhook changes afterwards is looked at again.
  'fill.migration-guard.io': {
    path: '/mutate',
    failurePolicy: 'Ignore',
    reinvocationPolicy: 'IfNeeded',
  },
}

/** What is wrong with the webhooks of an installation, and which are missing. */
export function webhookProblems(objects: readonly KubernetesObject[]): readonly string[] {
  const all = objects
    .filter(({ kind }) => kind.endsWith('WebhookConfiguration'))
    .flatMap(({ webhooks }) => webhooks as readonly Webhook[])
  const names = all.map(({ name }) => name)
  return [
    ...Object.keys(DOORS)
      .filter(name => !names.includes(name))
      .map(name => `${name}: there is no such webhook`),
    ...all.flatMap(webhook => problemsOf(webhook, objects)),
  ]
}

function problemsOf(webhook: Webhook, objects: readonly KubernetesObject[]): readonly string[] {
  const { name, clientConfig, timeoutSeconds = 10, sideEffects, matchPolicy } = webhook
  const door = DOORS[name]
  if (door === undefined) return [`${name}: nobody answers a webhook of that name`]
  const { failurePolicy = 'Fail', reinvocationPolicy } = webhook
  const { path = '/', port = 443 } = clientConfig.service ?? {}
  const isServed = path === door.path || path.startsWith(`${door.path}/`)
  const found: readonly (readonly [boolean, string])[] = [
    [servicePorts(clientConfig, objects).includes(port), 'no such Service'],
    [isServed, `path ${path}`],
    [failurePolicy === door.failurePolicy, `failurePolicy ${failurePolicy}`],
    [reinvocationPolicy === door.reinvocationPolicy, `reinvocationPolicy ${reinvocationPolicy}`],
    [timeoutSeconds <= 5, `${timeoutSeconds} s is long to wait for`],
    [sideEffects === 'NoneOnDryRun', `sideEffects ${sideEffects}`],
    [matchPolicy === 'Equivalent', `matchPolicy ${matchPolicy}`],
  ]
  return found.filter(([isFine]) => !isFine).map(([, problem]) => `${name}: ${problem}`)
}

function servicePorts(
  { service }: Webhook['clientConfig'],
  objects: readonly KubernetesObject[],
): readonly number[] {
  const found = find(objects, 'Service', service?.name)
  const { ports = [] } = (found?.spec ?? {}) as { ports?: readonly { port: number }[] }
  return ports.map(({ port }) => port)
}
