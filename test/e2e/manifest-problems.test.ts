import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { findBinaries } from '../../src/control-plane/binaries.ts'
import { render } from '../manifests/builds.ts'
import { problemsOf } from '../manifests/problems.ts'
import type { KubernetesObject } from './support/objects.ts'

// What `npm run deploy:check` would say of manifests that somebody broke: of everything it looks at, one change that it must
// see, and nothing else with it. kubectl renders them; no control plane is needed.
const { kubectl } = await findBinaries({ env: process.env, report: () => {} })
const dir = mkdtempSync(join(tmpdir(), 'manifest-problems-'))
t.teardown(() => rmSync(dir, { recursive: true }))
const folders = ['overlays/plain', 'components/audit-volume', 'components/service-monitor']
const objects = await render({ kubectl, dir }, { name: 'all', folders })

type Change = {
  /** `Kind/name`; the name may be left out where it is the usual one. */
  readonly of: string
  /** Path with dots; a part in brackets is the element of a list that has this name or is this text. */
  readonly at: string
  /** What stands there then; undefined for nothing. */
  readonly to: unknown
  readonly problems: readonly string[]
}

const POD = 'spec.template.spec'
const MAIN = `${POD}.containers.0`
const GUARD = 'webhooks.[guard.migration-guard.io]'
const POLICIES = 'webhooks.[policies.migration-guard.io]'
const ADVISE = 'webhooks.[advise.migration-guard.io]'
const VALIDATING = 'ValidatingWebhookConfiguration'
const MUTATING = 'MutatingWebhookConfiguration'
const OTHER = { 'app.kubernetes.io/name': 'other' }
const STRAYS = 'selects no pod of the Deployment'

const CHANGES: readonly Change[] = [
  {
    ...{ of: 'Service', at: 'metadata.namespace', to: 'default' },
    problems: ['Service hco-migration-guard: not in hco-migration-guard'],
  },
  {
    ...{ of: 'Service/hco-migration-guard-metrics', at: 'kind', to: 'ServiceAccount' },
    problems: ['ServiceMonitor hco-migration-guard selects no Service'],
  },
  {
    ...{ of: 'Deployment', at: `${POD}.serviceAccountName`, to: 'nobody' },
    problems: ['the Deployment needs ServiceAccount nobody, which is not there'],
  },
  {
    ...{ of: 'Deployment', at: `${POD}.priorityClassName`, to: 'high' },
    problems: ['the Deployment needs PriorityClass high, which is not there'],
  },
  {
    ...{ of: 'Deployment', at: `${POD}.volumes.[audit].persistentVolumeClaim.claimName`, to: 'x' },
    problems: ['the Deployment needs PersistentVolumeClaim x, which is not there'],
  },
  {
    ...{ of: 'Deployment', at: `${POD}.volumes.[policy].configMap.name`, to: 'x' },
    problems: [
      'the Deployment needs ConfigMap x, which is not there',
      '/etc/migration-guard/policy/policy.yaml: its ConfigMap has no policy.yaml',
    ],
  },
  {
    ...{ of: 'Deployment', at: `${MAIN}.volumeMounts.[audit].name`, to: 'x' },
    problems: [
      ...['no volume x to mount', 'volume audit is not mounted'],
      '/var/lib/migration-guard/audit.jsonl: nothing is mounted there',
    ],
  },
  {
    ...{ of: 'Deployment', at: `${POD}.volumes.[tls].secret.secretName`, to: 'x' },
    problems: ['--tls-dir /etc/migration-guard/tls: no Secret there'],
  },
  {
    ...{ of: 'Deployment', at: `${MAIN}.args.[--tls-dir=/etc/migration-guard/tls]`, to: '--tls=x' },
    problems: ["args of the container: error: unknown option '--tls=x'"],
  },
  {
    ...{ of: 'Deployment', at: `${MAIN}.args.[--ops-port=8081]`, to: '--ops-port=8082' },
    problems: [
      'ports of the container: {"declared":{"webhook":8443,"ops":8081},"wanted":{"webhook":8443,"ops":8082}}',
    ],
  },
  {
    of: 'Deployment',
    at: `${MAIN}.args.[--audit-file=/var/lib/migration-guard/audit.jsonl]`,
    to: '--audit-file=/var/log/audit.jsonl',
    problems: ['/var/log/audit.jsonl: nothing is mounted there'],
  },
  {
    ...{ of: 'ConfigMap/hco-migration-guard-policy', at: 'data.policy.yaml', to: 'kind: Pod' },
    problems: [
      '/etc/migration-guard/policy/policy.yaml: must be "MigrationGuardPolicy", not "Pod"; is this a migration guard policy?',
    ],
  },
  {
    of: 'Deployment',
    at: `${MAIN}.args.[--policy=/etc/migration-guard/policy/policy.yaml]`,
    ...{ to: '--shutdown-delay=5', problems: ['no --policy'] },
  },
  ...(['startupProbe', 'livenessProbe', 'readinessProbe'] as const).map(probe => {
    const path = probe === 'readinessProbe' ? '/readyz' : '/livez'
    return {
      ...{ of: 'Deployment', at: `${MAIN}.${probe}.httpGet.port`, to: 'webhook' },
      problems: [`${probe}: must ask for ${path} at port ops, not ${path} at webhook`],
    }
  }),
  {
    ...{ of: 'Deployment', at: `${MAIN}.livenessProbe.httpGet.path`, to: '/readyz' },
    problems: ['livenessProbe: must ask for /livez at port ops, not /readyz at ops'],
  },
  {
    ...{ of: 'Service', at: 'spec.selector', to: OTHER },
    problems: [`Service hco-migration-guard ${STRAYS}`],
  },
  {
    ...{ of: 'Service', at: 'spec.ports.0.targetPort', to: 'https' },
    problems: ['Service hco-migration-guard: the pod has no port https'],
  },
  {
    ...{ of: 'PodDisruptionBudget', at: 'spec.selector.matchLabels', to: OTHER },
    problems: [`PodDisruptionBudget hco-migration-guard ${STRAYS}`],
  },
  {
    ...{ of: 'NetworkPolicy', at: 'spec.podSelector', to: {} },
    problems: [`NetworkPolicy hco-migration-guard ${STRAYS}`],
  },
  {
    ...{ of: 'Deployment', at: 'spec.selector.matchLabels', to: OTHER },
    problems: [`Deployment hco-migration-guard ${STRAYS}`],
  },
  {
    of: 'Deployment',
    at: `${POD}.topologySpreadConstraints.0.labelSelector.matchLabels`,
    ...{
      to: OTHER,
      problems: [`Deployment hco-migration-guard: topologySpreadConstraints[0] ${STRAYS}`],
    },
  },
  {
    ...{ of: 'ServiceMonitor', at: 'spec.selector.matchLabels', to: OTHER },
    problems: ['ServiceMonitor hco-migration-guard selects no Service'],
  },
  {
    ...{ of: 'ServiceMonitor', at: 'spec.endpoints.0.port', to: 'metrics' },
    problems: ['ServiceMonitor hco-migration-guard: no Service has a port metrics'],
  },
  {
    ...{ of: VALIDATING, at: `${GUARD}.clientConfig.service.name`, to: 'other' },
    problems: ['guard.migration-guard.io: no such Service'],
  },
  {
    ...{ of: VALIDATING, at: `${GUARD}.clientConfig.service.port`, to: 8443 },
    problems: ['guard.migration-guard.io: no such Service'],
  },
  {
    ...{ of: VALIDATING, at: `${POLICIES}.clientConfig.service.path`, to: '/validated' },
    problems: ['policies.migration-guard.io: path /validated'],
  },
  {
    ...{ of: VALIDATING, at: `${ADVISE}.clientConfig.service.path`, to: '/validate' },
    problems: ['advise.migration-guard.io: path /validate'],
  },
  {
    ...{ of: VALIDATING, at: `${GUARD}.failurePolicy`, to: 'Ignore' },
    problems: ['guard.migration-guard.io: failurePolicy Ignore'],
  },
  {
    ...{ of: VALIDATING, at: `${ADVISE}.failurePolicy`, to: undefined },
    problems: ['advise.migration-guard.io: failurePolicy Fail'],
  },
  {
    ...{ of: VALIDATING, at: `${GUARD}.timeoutSeconds`, to: undefined },
    problems: ['guard.migration-guard.io: 10 s is long to wait for'],
  },
  {
    ...{ of: VALIDATING, at: `${GUARD}.sideEffects`, to: 'None' },
    problems: ['guard.migration-guard.io: sideEffects None'],
  },
  {
    ...{ of: VALIDATING, at: `${GUARD}.matchPolicy`, to: 'Exact' },
    problems: ['guard.migration-guard.io: matchPolicy Exact'],
  },
  {
    ...{ of: VALIDATING, at: `${GUARD}.name`, to: 'gard.migration-guard.io' },
    problems: [
      'guard.migration-guard.io: there is no such webhook',
      'gard.migration-guard.io: nobody answers a webhook of that name',
    ],
  },
  {
    ...{ of: MUTATING, at: 'webhooks.0.reinvocationPolicy', to: 'Never' },
    problems: ['fill.migration-guard.io: reinvocationPolicy Never'],
  },
]

t.test('as they are, nothing is wrong with them', t => {
  t.strictSame(problemsOf(objects), [])
  t.end()
})

for (const { of, at, to, problems } of CHANGES)
  t.test(`${of}: ${at} is ${JSON.stringify(to)}`, t => {
    t.strictSame(problemsOf(broken(of, at, to)), problems)
    t.end()
  })

t.test('an object that is there twice', t => {
  const [first] = objects
  if (first === undefined) throw new Error('nothing was rendered')
  t.strictSame(problemsOf([...objects, first]), [
    `${first.kind} ${first.metadata.name}: there are several`,
  ])
  t.end()
})

function broken(of: string, at: string, to: unknown): readonly KubernetesObject[] {
  const [kind, name = 'hco-migration-guard'] = of.split('/')
  const copy = structuredClone(objects)
  const object = copy.find(each => each.kind === kind && each.metadata.name === name)
  if (object === undefined) throw new Error(`there is no ${of}`)
  set(object, partsOf(at), to)
  return copy
}

// Names in brackets hold dots, and so does the key of the policy file.
function partsOf(path: string): readonly string[] {
  const parts = path.match(/\[.*?\](?=\.|$)|policy\.yaml|[^.]+/g)
  return parts ?? []
}

function set(parent: object, [part = '', ...rest]: readonly string[], to: unknown): void {
  const key = part.startsWith('[') ? indexOf(parent, part.slice(1, -1)) : part
  const held = parent as Record<string, unknown>
  if (rest.length > 0) set(held[key] as object, rest, to)
  else if (to === undefined) delete held[key]
  else held[key] = to
}

function indexOf(list: object, wanted: string): string {
  const found = (list as readonly unknown[]).findIndex(
    each => each === wanted || (each as { name?: string }).name === wanted,
  )
  if (found === -1) throw new Error(`there is no ${wanted}`)
  return `${found}`
}
