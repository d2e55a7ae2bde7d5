import { writeFileSync } from 'node:fs'
import t from 'tap'
import { ask } from './support/ask.ts'
import { CA, serve, tlsDir } from './support/guard.ts'
import { recordsIn } from './support/records.ts'
import { responseIn } from './support/response.ts'
import { example, updateReview } from './support/review.ts'
import { until } from './support/until.ts'

type Samples = ReadonlyMap<string, number>

async function scrape(port: number): Promise<Samples> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const lines = text.split('\n').filter(line => line.startsWith('migration_guard_'))
  return new Map(
    lines.map(line => {
      const cut = line.lastIndexOf(' ')
      return [line.slice('migration_guard_'.length, cut), Number(line.slice(cut + 1))]
    }),
  )
}

t.test('a scrape tells what was answered, recorded and filled', async t => {
  const { port, opsPort, auditFile } = await serve(t, { approver: ['alice'] })
  const post = async (path: string, body: string) =>
    responseIn((await ask(port, CA, { path, body })).text)
  const denied = example('parallel-20')
  for (let i = 0; i < 3; i++) await post('/validate', denied)
  await post('/mutate', denied)
  await post('/mutate', example('filled'))
  await post('/validate', example('post-copy-unstable'))
  await post('/advise', updateReview({}, {}))
  await post('/validate', 'no review')
  await post('/mutate', '{}')
  const expires = new Date(Date.now() + 24 * 3600_000).toISOString()
  const excepted = withException(denied, expires)
  t.match(await post('/validate', excepted), { allowed: true })

  const peers = recordsIn(auditFile).flatMap(({ type, peer }) =>
    type === 'decision' ? [peer] : [],
  )
  t.same(new Set(peers), new Set(['127.0.0.1']), 'the log tells where reviews came from')
  const samples = await scrape(opsPort)
  const expected: Readonly<Record<string, number>> = {
    'requests_total{webhook="validate",operation="UPDATE",outcome="denied"}': 4,
    'requests_total{webhook="validate",operation="UPDATE",outcome="allowed-by-exception"}': 1,
    'requests_total{webhook="validate",operation="unknown",outcome="denied"}': 1,
    'requests_total{webhook="mutate",operation="UPDATE",outcome="allowed"}': 1,
    'requests_total{webhook="mutate",operation="CREATE",outcome="allowed"}': 1,
    'requests_total{webhook="mutate",operation="unknown",outcome="allowed"}': 1,
    'requests_total{webhook="advise",operation="UPDATE",outcome="allowed"}': 1,
    'failures_total{webhook="validate",code="400"}': 1,
    'failures_total{webhook="mutate",code="400"}': 1,
    'violations_total{rule="parallel-migrations-too-high",effect="deny"}': 3,
    'violations_total{rule="parallel-migrations-too-high",effect="excused"}': 1,
    'violations_total{rule="post-copy-unstable-network",effect="deny"}': 1,
    'exceptions_used_total{rule="parallel-migrations-too-high"}': 1,
    exceptions_active: 1,
    exceptions_expiring: 1,
    'filled_fields_total{field="bandwidthPerMigration"}': 2,
    'filled_fields_total{field="allowPostCopy"}': 1,
    'request_duration_seconds_count{webhook="validate"}': 6,
    'audit_records_total{type="decision"}': 8,
    'audit_records_total{type="policy"}': 1,
    'audit_records_total{type="facts"}': 1,
    'audit_records_total{type="start"}': 1,
    audit_failures_total: 0,
    audit_chain_head: recordsIn(auditFile).length,
    'facts_synced{kind="VirtualMachineInstance"}': 1,
    'facts_age_seconds{kind="VirtualMachineInstance"}': 0,
    'facts_objects{kind="NetworkAttachmentDefinition"}': 0,
    allowed_operator_total: 0,
    [`build_info{version="1.2.3",node="${process.versions.node}"}`]: 1,
  }
  for (const [name, value] of Object.entries(expected)) t.equal(samples.get(name), value, name)
  const end = samples.get('certificate_expiry_timestamp_seconds') ?? 0
  t.ok(end * 1000 > Date.now() + 300 * 24 * 3600_000)
})

t.test('every metric has a name with a unit, help, and nothing a client wrote', async t => {
  const { port, opsPort } = await serve(t)
  const body = example('parallel-20').replaceAll('alice', 'mallory-8d1f')
  await ask(port, CA, { path: '/validate', body })
  await ask(port, CA, { path: '/validate', body: body.replace('"UPDATE"', '"MALLORY-8d1f"') })
  const text = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
  t.notMatch(text, /mallory/i)
  for (const [, name] of text.matchAll(/^# TYPE (migration_guard_\w+) counter$/gm))
    t.match(name, /_total$/)
  t.match(text, /^process_cpu_seconds_total /m)
  t.match(text, /^nodejs_eventloop_lag_seconds /m)
})

t.test('readiness tells each condition, as JSON and as lines', async t => {
  const { opsPort } = await serve(t)
  const url = `http://127.0.0.1:${opsPort}`
  const ready = await fetch(`${url}/readyz`)
  t.equal(ready.status, 200)
  const { conditions } = (await ready.json()) as { conditions: Record<string, { state: string }> }
  t.same(
    Object.entries(conditions).map(([name, { state }]) => `${name} ${state}`),
    ['certificate ok', 'facts ok', 'policy ok', 'audit ok', 'shutdown ok'],
  )
  const lines = await (await fetch(`${url}/readyz?verbose`)).text()
  t.match(lines, /^\[\+\]certificate ok: served until 20/)
  t.match(lines, /readyz check passed\n$/)
  t.equal(await (await fetch(`${url}/livez`)).text(), 'ok\n')
  const lost = await fetch(`${url}/validate`)
  t.equal(lost.status, 404)
  t.match(await lost.text(), /\/readyz\?verbose/)
})

t.test('a policy is reloaded live, and a broken one leaves the last good one in force', async t => {
  const dir = tlsDir(t)
  const policy = `${dir}/policy.yaml`
  const head = 'apiVersion: migration-guard.io/v1alpha1\nkind: MigrationGuardPolicy\n'
  writeFileSync(policy, head)
  const { port, opsPort, auditFile } = await serve(t, { policy }, dir)
  const allowed = async () => {
    const { text } = await ask(port, CA, { path: '/validate', body: example('parallel-20') })
    return responseIn(text).allowed
  }
  const state = async () => (await fetch(`http://127.0.0.1:${opsPort}/readyz?verbose`)).text()
  t.equal(await allowed(), false)
  writeFileSync(policy, `${head}rules: {parallel-migrations-too-high: warn}\n`)
  await until(allowed)
  writeFileSync(policy, `${head}rules: {parallel-migrations-too-high: loud}\n`)
  await until(async () => (await state()).includes('[!]policy degraded'))
  t.match(await state(), /policy.yaml:3:\d+ rules.parallel-migrations-too-high.*check passed/s)
  t.equal(await allowed(), true)
  const samples = await scrape(opsPort)
  t.equal(samples.get('policy_reloads_total{result="success"}'), 1)
  t.equal(samples.get('policy_reloads_total{result="failure"}'), 1)
  const policies = recordsIn(auditFile).filter(({ type }) => type === 'policy')
  t.same(
    policies.map(({ text }) => String(text).length - head.length),
    [0, 44],
  )
})

t.test('two guards in one process count for themselves', async t => {
  const one = await serve(t)
  const other = await serve(t, { auditFile: `${one.dir}/other.jsonl` }, one.dir)
  await ask(one.port, CA, { path: '/validate', body: example('parallel-20') })
  t.equal((await scrape(one.opsPort)).get('request_duration_seconds_count{webhook="validate"}'), 1)
  t.equal(
    (await scrape(other.opsPort)).get('request_duration_seconds_count{webhook="validate"}'),
    undefined,
  )
})

function withException(review: string, expires: string): string {
  const parsed = JSON.parse(review)
  parsed.request.object.metadata.annotations = {
    'exception.migration-guard.io/parallel-migrations-too-high': JSON.stringify({
      reason: 'maintenance window',
      expires,
    }),
  }
  return JSON.stringify(parsed)
}
