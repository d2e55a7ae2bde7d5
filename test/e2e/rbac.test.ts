import t from 'tap'
import type { AuditEvent } from '../../src/control-plane/audit-log.ts'
import { register } from '../../src/try/register-webhooks.ts'
import { rendered, webhookConfigurations } from '../../src/try/shipped-manifests.ts'
import { grant } from './support/accounts.ts'
import { type Cluster, startCluster } from './support/cluster.ts'
import { startGuard } from './support/guard.ts'
import { hyperConverged, resourceIn } from './support/objects.ts'
import { until } from './support/until.ts'

// The guard with the rights that ship and no others, and what it did with them.
const HOME = 'hco-migration-guard'
const ACCOUNT = `system:serviceaccount:${HOME}:hco-migration-guard`
const RIGHTS = ['Namespace', 'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding']

const cluster: Cluster = await startCluster(t, {
  era: '1.19',
  users: { alice: [], bob: [] },
})
const objects = (await rendered(cluster, 'base')).filter(({ kind }) => RIGHTS.includes(kind))
await cluster.must(['apply', '-f', '-'], { input: list(objects) })
const token = await cluster.must(['create', 'token', 'hco-migration-guard', '-n', HOME])
const guard = await startGuard(t, cluster, {
  kubeconfig: cluster.kubeconfigForToken(token.trim()),
})
await register(cluster, guard.url, await webhookConfigurations(cluster))

t.test('every kind is followed', async t => {
  const detail = await (await fetch(`${guard.opsUrl}/readyz?verbose`)).text()
  t.match(detail, /facts ok: the cluster is known as of \d+ s ago\n/, 'none missing, none refused')
  const kinds = (await guard.metrics()).filter(({ name }) => name.endsWith('facts_synced'))
  t.same(
    kinds.map(({ value }) => value),
    [1, 1, 1, 1, 1, 1],
  )
})

t.test('the approver role that ships approves, and an editor without it does not', async t => {
  const input = JSON.stringify(hyperConverged('v1', {}))
  await cluster.must(['create', '-f', '-'], { input })
  const edit = {
    ...{ apiGroups: ['hco.kubevirt.io'], resources: ['hyperconvergeds'] },
    verbs: ['get', 'patch', 'update'],
  }
  for (const name of ['alice', 'bob']) await grant(cluster, { kind: 'User', name }, [edit])
  const binding = ['create', 'clusterrolebinding', 'approvers', '--user=bob']
  await cluster.must([...binding, '--clusterrole=hco-migration-guard-exception-approver'])
  const change = ['patch', resourceIn('v1'), '--type=merge', '-p', JSON.stringify(excused())]
  const refused = await cluster.kubectl(change, { user: 'alice' })
  t.equal(refused.code, 1)
  t.match(refused.stderr, '[exception-unauthorised]')
  await until(
    'the binding counts',
    async () => (await cluster.kubectl(change, { user: 'bob' })).code === 0,
  )
})

t.test('nothing was refused, nothing is missing from the role and nothing in it is unused', t => {
  const events = cluster.auditEvents().filter(({ user }) => user.username === ACCOUNT)
  const refused = events.filter(({ responseStatus }) => responseStatus?.code === 403)
  t.strictSame(
    refused.map(({ requestURI }) => requestURI),
    [],
    'refused',
  )
  // A list that fails, as one of a kind that is not installed, is the same call.
  t.strictSame([...new Set(events.map(used))].toSorted(), granted().toSorted())
  t.end()
})

t.test('the account may do nothing else', async t => {
  const able = (...args: string[]) => cluster.kubectl(['auth', 'can-i', ...args, `--as=${ACCOUNT}`])
  for (const args of [
    ['get', 'secrets', '-A'],
    ['list', 'customresourcedefinitions.apiextensions.k8s.io'],
    ['update', 'hyperconvergeds.hco.kubevirt.io', '-A'],
    ['patch', 'validatingwebhookconfigurations.admissionregistration.k8s.io'],
  ])
    t.equal((await able(...args)).stdout.trim(), 'no', args.join(' '))
  // `can-i` knows only resources that exist.
  const resourceAttributes = {
    verb: 'approve',
    group: 'migration-guard.io',
    resource: 'exceptions',
  }
  for (const [user, may] of [
    [ACCOUNT, false],
    ['bob', true],
  ] as const) {
    const { body } = await cluster.request(
      'POST',
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      {
        ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' },
        spec: { user, resourceAttributes },
      },
    )
    t.match(body, { status: { allowed: may } }, `${user} may ${may ? '' : 'not '}approve`)
  }
})

/** A change that only an exception lets through, with the exception. */
function excused() {
  const expires = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  const exception = { reason: 'evacuation of rack 7 tonight', expires }
  const key = 'exception.migration-guard.io/parallel-migrations-too-high'
  const liveMigrationConfig = { parallelMigrationsPerCluster: 60 }
  return {
    metadata: { annotations: { [key]: JSON.stringify(exception) } },
    spec: { virtualization: { liveMigrationConfig } },
  }
}

/** `verb group/resource [name]` of a call that was made. */
function used({ verb, objectRef = {} }: AuditEvent): string {
  const { apiGroup = '', resource = '', name = '' } = objectRef
  return [verb, `${apiGroup}/${resource}`, name].join(' ').trim()
}

type Rule = Readonly<
  Record<'apiGroups' | 'resources' | 'verbs', readonly string[]> & {
    resourceNames?: readonly string[]
  }
>

/** The same for every call that the role allows. */
function granted(): readonly string[] {
  const role = objects.find(
    ({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === 'hco-migration-guard',
  )
  const rules = (role?.rules ?? []) as readonly Rule[]
  return rules.flatMap(({ apiGroups, resources, verbs, resourceNames = [''] }) =>
    apiGroups.flatMap(apiGroup =>
      resources.flatMap(resource =>
        verbs.flatMap(verb =>
          resourceNames.map(name =>
            used({ verb, objectRef: { apiGroup, resource, name } } as never),
          ),
        ),
      ),
    ),
  )
}

function list(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}
