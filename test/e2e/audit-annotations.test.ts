import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import type { AuditEvent } from '../../src/control-plane/audit-log.ts'
import { grant } from './support/accounts.ts'
import { startGuardedCluster } from './support/guarded-cluster.ts'
import { round, type Step, send } from './support/mixed-requests.ts'
import { letEdit } from './support/people-with-rights.ts'
import { poll } from './support/poll.ts'

// The API server keeps in its own audit log what the guard decided and where the guard recorded it: whoever has both logs
// can tell that nothing was left out of ours.
const { cluster, guard } = await startGuardedCluster(t, { era: '1.19' })
await letEdit(cluster, 'editors')
const APPROVE = { apiGroups: ['migration-guard.io'], resources: ['exceptions'], verbs: ['approve'] }
await grant(cluster, { kind: 'User', name: 'rita' }, [APPROVE])

const MAIN = join(import.meta.dirname, '../../src/main.ts')

// Lanes of their own: within one nothing overtakes anything, so that the API server has no reason to ask twice.
const LANES = ['lane-a', 'lane-b', 'lane-c', 'lane-d']
const WANTED = 500
const ROUNDS = Math.ceil(WANTED / LANES.length / round('any').length)
for (const lane of LANES) await cluster.must(['create', 'namespace', lane])

type Sent = Step & { readonly answered: number; readonly text: string }

async function drive(lane: string): Promise<readonly Sent[]> {
  const sent: Sent[] = []
  for (let turn = 0; turn < ROUNDS; turn++)
    for (const step of round(lane)) {
      await caughtUp(step.path, lane)
      const { status, body } = await send(cluster.request, step, lane)
      sent.push({ ...step, answered: status, text: JSON.stringify(body) })
    }
  return sent
}

// An update begins with what the API server has in its cache. Where that is old, it asks the webhooks a second time for the
// same request, and keeps what they said the first time.
async function caughtUp(path: string, lane: string): Promise<void> {
  const [, group = ''] = /^(\/apis\/[^/]+\/[^/]+)/.exec(path) ?? []
  const list = group.includes('hco')
    ? `${group}/namespaces/${lane}/hyperconvergeds`
    : `${group}/migrationpolicies`
  const { body } = await cluster.request('GET', list)
  const { resourceVersion } = (body as { metadata: { resourceVersion: string } }).metadata
  await cluster.request('GET', `${list}?resourceVersion=${resourceVersion}`)
}

/** What one of our records and the annotations of an event both say. */
type Trace = {
  readonly record: string
  readonly decision: string
  /** Hash of the policy that it was judged by. */
  readonly policy: string
  /** `rule:effect,…` of what was found; and until when it was excused. */
  readonly rules?: string
  readonly exceptions?: string
  readonly webhook: string
  readonly user: string
  readonly namespace: string
}

type OurRecord = {
  readonly type: string
  readonly sequence: number
  readonly hash: string
  readonly outcome: string
  readonly policyHash: string
  readonly findings: readonly {
    readonly rule: string
    readonly effect: string
    readonly exception: { readonly expires: string } | null
  }[]
  readonly webhook: string
  readonly uid: string
  readonly namespace: string
  readonly user: { readonly username: string }
}

const NAME = /^(?<webhook>guard|policies|advise|fill)\.migration-guard\.io\/decision$/
const DOORS: Readonly<Record<string, string>> = { fill: 'mutate', advise: 'advise' }

function tracesOf({
  annotations = {},
  impersonatedUser,
  user,
  objectRef = {},
}: AuditEvent): readonly Partial<Trace>[] {
  return Object.entries(annotations).flatMap(([key, decision]) => {
    const webhook = NAME.exec(key)?.groups?.webhook
    if (webhook === undefined) return []
    const said = Object.fromEntries(
      ['record', 'policy', 'rules', 'exceptions'].flatMap(name => {
        const text = annotations[key.replace(/decision$/, name)]
        return text === undefined ? [] : [[name, text]]
      }),
    )
    const { username } = impersonatedUser ?? user
    const common = { decision, webhook: DOORS[webhook] ?? 'validate', user: username }
    return [{ ...common, namespace: objectRef.namespace ?? '', ...said }]
  })
}

function toTrace({ sequence, hash, outcome, policyHash, findings, ...rest }: OurRecord): Trace {
  const { webhook, user, namespace } = rest
  const rules = [...new Set(findings.map(({ rule, effect }) => `${rule}:${effect}`))].join(',')
  const exceptions = findings
    .filter(({ effect }) => effect === 'excused')
    .map(({ rule, exception }) => `${rule} until ${exception?.expires}`)
    .join(', ')
  return {
    ...{ record: `${sequence}:${hash}`, decision: outcome, policy: policyHash },
    ...{ webhook, user: user.username, namespace },
    ...(rules && { rules }),
    ...(exceptions && { exceptions }),
  }
}

const sequenceOf = ({ record = '' }: Partial<Trace>) => Number.parseInt(record, 10)
const inOrder = (traces: readonly Partial<Trace>[]) =>
  traces.toSorted((one, other) => sequenceOf(one) - sequenceOf(other))
const decisions = () =>
  (guard.records() as unknown as OurRecord[]).filter(({ type }) => type === 'decision')
const isDry = ({ requestURI }: AuditEvent) => requestURI.includes('dryRun=All')

const before = decisions().length
const sent = (await Promise.all(LANES.map(drive))).flat()

// The event of a request is written after its answer.
const events = await poll(
  () => cluster.auditEvents().filter(({ impersonatedUser }) => impersonatedUser !== undefined),
  found => found.length >= sent.length,
)
const records = decisions().slice(before)

t.test('hundreds of mixed requests end as they should', t => {
  t.ok(sent.length >= WANTED, `${sent.length}`)
  t.equal(events.length, sent.length)
  for (const { what, status, answered, text } of sent)
    if (answered !== status) t.fail(`${what}: ${answered} instead of ${status}: ${text}`)
  const outcomes = new Set(records.map(({ outcome }) => outcome))
  const all = ['allowed', 'allowed-by-exception', 'allowed-operator', 'denied']
  t.strictSame([...outcomes].toSorted(), all)
  t.end()
})

t.test('what the API server keeps and our records match one to one', t => {
  const kept = events.filter(event => !isDry(event)).flatMap(tracesOf)
  t.strictSame(inOrder(kept), inOrder(records.map(toTrace)))
  for (const name of ['rules', 'exceptions', 'policy'] as const)
    t.ok(
      kept.some(trace => trace[name]),
      `some with ${name}`,
    )
  t.equal(new Set(records.map(({ uid }) => uid)).size, records.length, 'each has a uid of its own')
  t.end()
})

t.test('dry runs are decided, and recorded nowhere', t => {
  const dry = events.filter(isDry)
  t.ok(dry.length > 0)
  for (const event of dry) {
    const traces = tracesOf(event)
    t.ok(traces.some(({ webhook }) => webhook === 'validate'))
    for (const { record, policy } of traces)
      t.same([record, policy], [undefined, records[0]?.policyHash])
  }
  t.end()
})

t.test('what concerns nobody has neither', t => {
  const isSilent = ({ what }: Sent) => what === 'a label' || what === 'deleted'
  const silent = events.filter(event => tracesOf(event).length === 0)
  t.equal(silent.length, sent.filter(isSilent).length)
  t.end()
})

t.test(
  'where many write at once the API server asks again, and keeps what it heard first',
  async t => {
    const [first, ...rest] = round('lane-a')
    const patch = rest.find(({ what }) => what === 'allowed')
    if (first === undefined || patch === undefined) return t.fail('no such steps')
    await send(cluster.request, first, 'lane-a')
    const [ours, theirs] = [decisions().length, cluster.auditEvents().length]
    const writes = Array.from({ length: 20 }, (_, index) => {
      const liveMigrationConfig = { progressTimeout: 600 + index }
      const body = { spec: { virtualization: { liveMigrationConfig } } }
      return send(cluster.request, { ...patch, body }, 'lane-a')
    })
    const ended = await Promise.all(writes)
    const isTheirs = ({ verb, impersonatedUser }: AuditEvent) =>
      verb === 'patch' && impersonatedUser
    const found = await poll(
      () => cluster.auditEvents().slice(theirs).filter(isTheirs),
      ({ length }) => length >= ended.length,
    )
    const known = new Map(decisions().map(record => [toTrace(record).record, toTrace(record)]))
    const kept = found.flatMap(tracesOf)
    for (const trace of kept) t.strictSame(trace, known.get(trace.record ?? ''))
    for (const { status } of ended) t.ok(status === 200 || status === 409, `${status}`)
    t.equal(kept.length, 2 * ended.length, 'of fill and of guard, once each')
    t.ok(decisions().length - ours >= kept.length)
  },
)

t.test('our log can be verified up to the last record that the API server knows', async t => {
  const last = inOrder(events.flatMap(tracesOf).filter(({ record }) => record)).at(-1)?.record ?? ''
  const proven = await verify(last)
  t.equal(proven.code, 0, proven.stdout)
  t.match(proven.stdout, `head: record ${decisions().at(-1)?.sequence}, hash `)
  const forged = last.replace(/.$/, end => (end === '0' ? '1' : '0'))
  t.equal((await verify(forged)).code, 1)
})

function verify(head: string): Promise<{ readonly code: number; readonly stdout: string }> {
  const args = [MAIN, 'audit', 'verify', '--complete', '--head', head, guard.auditFile]
  return new Promise(done => {
    const child = execFile(process.execPath, args, (_, stdout) =>
      done({ code: child.exitCode ?? -1, stdout }),
    )
  })
}
