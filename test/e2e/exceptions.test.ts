import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import type { KubectlOptions } from '../../src/control-plane/kubectl.ts'
import {
  exception,
  type HyperConvergedChange,
  inSeconds,
  patching,
  STORED,
  seed,
} from './support/changes.ts'
import { startGuardedCluster } from './support/guarded-cluster.ts'
import { settingsOf } from './support/objects.ts'
import {
  APPROVER,
  applyApproverRoles,
  bind,
  letEdit,
  SHOWN_RULE,
  shownQuestion,
} from './support/people-with-rights.ts'
import { poll } from './support/poll.ts'
import { type Mood, startUnwillingAuthoriser } from './support/unwilling-authoriser.ts'

// Who may excuse what from a rule, for how long and how far: the API server itself is asked, by SubjectAccessReviews.
const EDITORS = ['editors']
let authoriser: Awaited<ReturnType<typeof startUnwillingAuthoriser>> | undefined
const { cluster, guard } = await startGuardedCluster(t, {
  era: '1.19',
  users: { jane: EDITORS, rita: EDITORS, carl: EDITORS, petra: EDITORS },
  apiServer: async plane => {
    authoriser = await startUnwillingAuthoriser(t, plane)
    return authoriser.url
  },
})
await letEdit(cluster, 'editors')

// rita by the role of the documentation, for one rule; carl and the group of approvers by the ClusterRole that ships.
const PARALLEL = 'parallel-migrations-too-high'
await applyApproverRoles(cluster, PARALLEL)
await bind(cluster, `approve-${PARALLEL}`, { kind: 'User', name: 'rita' })
await bind(cluster, APPROVER, { kind: 'User', name: 'carl' })
await bind(cluster, APPROVER, { kind: 'Group', name: 'approvers' })

const FIELD = 'parallelMigrationsPerCluster'
const REASON = 'evacuation of rack 7'
const DAY = 86_400
const terms = (more: object = {}) => ({ reason: REASON, expires: inSeconds(DAY), ...more })
const bounded = (limit: number) => exception(PARALLEL, terms({ bound: { [FIELD]: limit } }))
const unbounded = () => exception(PARALLEL, terms())
const parallel = (value: number) => ({ settings: { [FIELD]: value } })

const MIGRATION_POLICY = {
  ...{ apiVersion: 'migrations.kubevirt.io/v1alpha1', kind: 'MigrationPolicy' },
  spec: { selectors: {} },
}

type Who = KubectlOptions & { readonly args?: readonly string[] }
const JANE: Who = { user: 'jane' }
const RITA: Who = { user: 'rita' }

const run = (change: HyperConvergedChange, { args = [], ...as }: Who) =>
  cluster.kubectl([...patching(change), ...args], as)

/** Nothing is stored of it, and the person reads why: one text for each reason. */
async function refused(t: Test, change: HyperConvergedChange, who: Who, ...reasons: string[]) {
  const before = await cluster.stored(STORED)
  const { code, stderr } = await run(change, who)
  t.equal(code, 1, stderr)
  for (const reason of reasons) t.match(stderr, reason)
  t.equal(stderr.match(/^\[/gm)?.length, reasons.length, stderr)
  t.strictSame(await cluster.stored(STORED), before)
}

async function accepted(t: Test, change: HyperConvergedChange, who: Who) {
  const { code, stderr } = await run(change, who)
  t.equal(code, 0, stderr)
  if (change.settings) t.match(settingsOf(await cluster.stored(STORED)), change.settings)
  return stderr
}

const unapproved = (user: string, deed = 'adds an exception to', rule = PARALLEL) =>
  `${user} ${deed} ${rule}, which needs approval: `
const TOO_HIGH = `[${PARALLEL}] spec.virtualization.liveMigrationConfig.${FIELD} is `

t.test('an editor without the right is refused, and reads who may', async t => {
  await seed(cluster)
  const { code, stdout, stderr } = await run({ annotations: bounded(20) }, JANE)
  t.equal(code, 1)
  t.equal(stdout, '')
  t.equal(
    stderr,
    `Error from server (Forbidden): admission webhook "guard.migration-guard.io" denied the request: nothing was changed, for 1 reason:

[exception-unauthorised] metadata.annotations[exception.migration-guard.io/${PARALLEL}]: jane adds an exception to ${PARALLEL}, which needs approval: no role grants the right.
  fix: let someone do this who may "approve" the resource "exceptions" of group migration-guard.io with name ${PARALLEL}
`,
  )
  await refused(
    t,
    { annotations: { ...bounded(20) }, ...parallel(20) },
    JANE,
    unapproved('jane'),
    TOO_HIGH,
  )
})

t.test('an approver may, for the rules of the role', async t => {
  await seed(cluster)
  const warned = await accepted(t, { annotations: unbounded(), ...parallel(20) }, RITA)
  t.match(warned, /^Warning: allowed by exception until .*parallelMigrationsPerCluster is 20/m)
  const record = guard.records().findLast(({ webhook }) => webhook === 'validate')
  t.match(record, { outcome: 'allowed-by-exception', user: { username: 'rita' } })
  t.match(record?.approvals, { [PARALLEL]: { granted: true } })
  const other = exception('outbound-migrations-too-high', terms())
  const wanted = unapproved('rita', undefined, 'outbound-migrations-too-high')
  await refused(t, { annotations: other }, RITA, wanted)
  await accepted(t, { annotations: other }, { user: 'carl' })
})

const GITOPS =
  'system:serviceaccount:openshift-gitops:openshift-gitops-argocd-application-controller'
// Bound as docs/exceptions.md shows it.
const DOCUMENTED = [
  {
    who: 'an approver by a RoleBinding',
    as: 'kim',
    group: 'virtualization-leads',
    policies: false,
  },
  { who: 'an approver by a ClusterRoleBinding', as: 'kim', group: 'cluster-leads', policies: true },
  { who: 'the GitOps account', as: GITOPS, group: 'x', policies: true, anyRule: true },
] as const

for (const { who, as, group, policies, ...more } of DOCUMENTED)
  t.test(`${who} approves what the documentation says`, async t => {
    await seed(cluster)
    const person = { args: [`--as=${as}`, `--as-group=${group}`, '--as-group=editors'] }
    const may = (yes: boolean) => (yes ? 0 : 1)
    const other = exception(PARALLEL, terms())
    const shown = exception(SHOWN_RULE, terms())
    await accepted(t, { annotations: shown }, person)
    const another = await run({ annotations: other }, person)
    t.equal(another.code, may('anyRule' in more), another.stderr)

    const metadata = { name: `by-${group}`, annotations: shown }
    const policy = { ...MIGRATION_POLICY, metadata }
    const input = JSON.stringify(policy)
    const created = await cluster.kubectl(['create', '-f', '-', ...person.args], { input })
    t.equal(created.code, may(policies), created.stderr)
    if (!policies) t.match(created.stderr, unapproved(as, undefined, SHOWN_RULE))
  })

t.test('whether somebody may can be asked as the documentation says', async t => {
  const env = {
    PATH: `${dirname(cluster.binaries.kubectl)}:${process.env.PATH}`,
    KUBECONFIG: cluster.kubeconfig,
  }
  const ask = async (command: string) =>
    (await promisify(execFile)('sh', ['-c', command], { env })).stdout
  const command = shownQuestion()
  const cases = [
    [command, 'true\n'],
    [command.replace(/\n *namespace: .*/, ''), 'false\n'],
    [command.replace(/(?<=name: ).*/, PARALLEL), 'false\n'],
    [command.replace('virtualization-leads', 'cluster-leads'), 'true\n'],
    [
      command.replace('virtualization-leads', 'cluster-leads').replace(/\n *namespace: .*/, ''),
      'true\n',
    ],
  ] as const
  for (const [asked, answer] of cases) t.equal(await ask(asked), answer, asked)
})

t.test('an exception cannot be smuggled in with another change', async t => {
  await seed(cluster)
  const settings = { progressTimeout: 600 }
  const labels = { harmless: 'yes' }
  await refused(t, { settings, labels, annotations: bounded(20) }, JANE, unapproved('jane'))
  const unreadable = exception(PARALLEL, 'later')
  await refused(
    t,
    { settings, annotations: unreadable },
    JANE,
    unapproved('jane'),
    '[exception-inv',
  )
  await accepted(t, { settings, labels }, JANE)
})

t.test('an exception that is there cannot be stretched', async t => {
  await seed(cluster, { annotations: bounded(20) })
  const changes = unapproved('jane', 'changes the exception to')
  for (const more of [{ bound: { [FIELD]: 30 } }, { ticket: 'OPS-1' }, { reason: `${REASON} yet` }])
    await refused(t, { annotations: exception(PARALLEL, terms(more)) }, JANE, changes)
})

t.test('granted ahead, everybody may use it up to its bound', async t => {
  await seed(cluster, { annotations: bounded(20) })
  await refused(t, parallel(21), JANE, `${TOO_HIGH}21`)
  t.match(await accepted(t, parallel(20), JANE), 'Warning: allowed by exception until ')
  await refused(t, parallel(21), JANE, `${TOO_HIGH}21`)
  await accepted(t, parallel(5), JANE)
  await accepted(t, parallel(15), JANE)
})

t.test('without a bound it covers what it came with, and never more', async t => {
  await seed(cluster)
  await accepted(t, { annotations: unbounded(), ...parallel(20) }, RITA)
  await refused(t, parallel(21), JANE, `${TOO_HIGH}21`)
  await accepted(t, parallel(15), JANE)
  await refused(t, parallel(20), JANE, `${TOO_HIGH}20`)
})

t.test('it ends by itself: what is there may stay, and comes not back', async t => {
  await seed(cluster)
  // Time for a few commands on a busy machine.
  const expires = inSeconds(15)
  const annotations = exception(PARALLEL, { reason: REASON, expires, bound: { [FIELD]: 20 } })
  await accepted(t, { annotations, ...parallel(20) }, RITA)
  t.match(await accepted(t, { settings: { progressTimeout: 600 } }, JANE), 'allowed by exception')
  await poll(Date.now, now => now > Date.parse(expires) + 100)
  const kept = await accepted(t, { settings: { progressTimeout: 300 } }, JANE)
  t.match(kept, /^Warning: kept, would be refused today: .*parallelMigrationsPerCluster is 20/m)
  await accepted(t, parallel(5), JANE)
  await refused(t, parallel(20), JANE, `${TOO_HIGH}20`)
  const late = exception(PARALLEL, { reason: REASON, expires: inSeconds(-1) })
  await refused(t, { annotations: late }, RITA, '[exception-invalid]')
})

t.test('removing it needs no approval and restores the rule', async t => {
  await seed(cluster, { annotations: bounded(20), ...parallel(20) })
  const annotations = { [`exception.migration-guard.io/${PARALLEL}`]: null }
  await refused(t, { annotations }, JANE, `${TOO_HIGH}20`)
  await accepted(t, { annotations, ...parallel(5) }, JANE)
  await refused(t, parallel(20), JANE, `${TOO_HIGH}20`)
})

t.test('who is impersonated is asked about, with the groups', async t => {
  const as = (user: string, ...groups: string[]) => ({
    args: [`--as=${user}`, ...groups.map(group => `--as-group=${group}`)],
  })
  await seed(cluster)
  await refused(t, { annotations: bounded(20) }, as('jane', 'editors'), unapproved('jane'))
  await refused(
    t,
    { annotations: bounded(20) },
    as('kim', 'editors', 'approver'),
    unapproved('kim'),
  )
  await accepted(t, { annotations: bounded(20) }, as('kim', 'editors', 'approvers'))
  await accepted(t, { annotations: bounded(30) }, as('rita', 'editors'))
})

t.test('a dry run asks the same and leaves nothing behind', async t => {
  await seed(cluster)
  const before = await cluster.stored(STORED)
  const records = guard.records().length
  const dry = { args: ['--dry-run=server'] }
  await refused(t, { annotations: bounded(20) }, { ...JANE, ...dry }, unapproved('jane'))
  const { code, stderr } = await run(
    { annotations: bounded(20), ...parallel(20) },
    { ...RITA, ...dry },
  )
  t.equal(code, 0, stderr)
  t.match(stderr, 'Warning: allowed by exception until ')
  t.strictSame(await cluster.stored(STORED), before)
  t.equal(guard.records().length, records)
})

const DECLARATIONS = [
  { key: 'data', value: 'critical', rule: 'post-copy-critical-data' },
  { key: 'network-stability', value: 'unstable', rule: 'post-copy-unstable-network' },
]

for (const { key, value, rule } of DECLARATIONS)
  t.test(`taking back ${key}: ${value} needs approval, declaring it does not`, async t => {
    const declared = (text: string | null) => ({
      annotations: { [`migration-guard.io/${key}`]: text },
    })
    await seed(cluster)
    await accepted(t, declared(value), JANE)
    const deed = `takes back the declaration migration-guard.io/${key}: ${value}, that feeds`
    for (const text of [null, 'none', ''])
      await refused(t, declared(text), JANE, unapproved('jane', deed, rule))
    await refused(t, declared(null), RITA, unapproved('rita', deed, rule))
    await accepted(t, declared(null), { user: 'carl' })
  })

const MOODS: readonly (readonly [Mood, RegExp])[] = [
  ['says nothing', /the authoriser did not answer within 2 s/],
  ['fails', /the authoriser did not answer: .*500/],
  ['hangs up', /the authoriser did not answer: /],
]

for (const [mood, detail] of MOODS)
  t.test(`when the authoriser ${mood}, nobody has approved`, async t => {
    await seed(cluster)
    authoriser?.be(mood)
    // Whoever was granted a right seconds ago keeps it; petra never was.
    const { code, stderr } = await run({ annotations: bounded(20) }, { user: 'petra' })
    t.equal(code, 1)
    t.match(stderr, unapproved('petra'))
    t.match(stderr, detail)
    await accepted(t, { settings: { progressTimeout: 600 } }, JANE)
    authoriser?.be('answers')
    const annotations = exception('progress-timeout-low', terms())
    await accepted(t, { annotations }, { user: 'carl' })
  })
