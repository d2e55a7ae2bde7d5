// Compares the guard, with its durable audit log on, with raw node:https, with bare Fastify and with raw node:https that syncs
// a line for each review, in one run; bench/README.md says how to read it.
// Usage: npm run bench [-- --rounds 12 --seconds 2]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import autocannon from 'autocannon'
import { issueCertificates } from '../certs/issue.ts'
import { writeCertificates } from '../certs/write.ts'
import {
  type Contender,
  cpuMicroseconds,
  pinLoadGenerator,
  residentMegabytes,
  startContender,
  stopContender,
} from './contender.ts'
import { median, spread } from './median.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '12' }, seconds: { type: 'string', default: '2' } },
})
const CONNECTIONS = 16
// Node still compiles the guard's code after ten thousand reviews.
const WARM_UP = 8
// Updates as an administrator makes them: allowed, warned, filled and refused.
const REVIEWS = [
  'apply-update',
  'edit-bandwidth',
  'patch-json-post-copy',
  'patch-merge-parallel-20',
  'patch-remove-config',
  'server-side-apply-over',
]

// Of the table's columns.
const WIDTHS = [15, 21, 18, 8, 8, 8, 18, 8]

type Round = {
  readonly rate: number
  readonly p50: number
  readonly p99: number
  readonly cpu: number
}

const dir = mkdtempSync(join(tmpdir(), 'migration-guard-bench-'))
const bodies = REVIEWS.map(name =>
  readFileSync(new URL(`../test/fixtures/admission-reviews/1.20-v1/${name}.json`, import.meta.url)),
).map(text => JSON.stringify(JSON.parse(text.toString())))
const contenders: Contender[] = []
try {
  pinLoadGenerator()
  makeCertificates()
  contenders.push(
    await startContender('raw node:https', 18_441, ['bench/servers/raw.ts', '18441', dir]),
    await startContender('bare Fastify', 18_442, ['bench/servers/fastify.ts', '18442', dir]),
    await startContender('raw and a log', 18_443, ['bench/servers/durable.ts', '18443', dir]),
    await startContender('migration-guard', 18_444, guardArguments(18_444)),
  )
  const rounds = await runRounds()
  print(rounds)
} finally {
  await Promise.all(contenders.map(stopContender))
  rmSync(dir, { recursive: true, force: true })
}

function makeCertificates(): void {
  const issued = issueCertificates({ hosts: ['localhost'], ips: ['127.0.0.1'] })
  writeCertificates({ dir, issued })
}

function guardArguments(port: number): string[] {
  const options = {
    port,
    'ops-port': port + 1000,
    'tls-dir': dir,
    'audit-file': join(dir, 'audit.jsonl'),
  }
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
  return ['src/main.ts', 'serve', '--host', '127.0.0.1', '--cluster', 'none', ...flags]
}

async function runRounds(): Promise<ReadonlyMap<string, Round[]>> {
  const rounds = new Map<string, Round[]>(contenders.map(({ name }) => [name, []]))
  for (const contender of contenders) await runRound(contender, WARM_UP)
  for (let round = 0; round < Number(values.rounds); round++)
    for (const contender of contenders)
      rounds.get(contender.name)?.push(await runRound(contender, Number(values.seconds)))
  return rounds
}

async function runRound(contender: Contender, duration: number): Promise<Round> {
  const before = cpuMicroseconds(contender)
  const result = await autocannon({
    url: contender.url,
    connections: CONNECTIONS,
    duration,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    requests: bodies.map(body => ({ body })),
    tlsOptions: { ca: readFileSync(join(dir, 'ca.crt')) },
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${contender.name}: ${result.non2xx} bad answers, ${result.errors} errors`)
  const total = result.requests.total
  return {
    rate: result.requests.average,
    p50: result.latency.p50,
    p99: result.latency.p99,
    cpu: (cpuMicroseconds(contender) - before) / total,
  }
}

function print(rounds: ReadonlyMap<string, readonly Round[]>): void {
  const size = Math.round(bodies.reduce((sum, body) => sum + body.length, 0) / bodies.length)
  console.log(
    `${CONNECTIONS} keep-alive connections, reviews of ${size} bytes on average, ${values.rounds} rounds of ${values.seconds} s each in turn, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}\n`,
  )
  const floor = rounds.get('raw node:https') ?? []
  const row = (cells: readonly string[]) =>
    console.log(
      cells.map((cell, i) => (i === 0 ? cell.padEnd(15) : cell.padStart(WIDTHS[i] ?? 0))).join(''),
    )
  row(['', 'req/s (min–max)', 'of raw', 'p50 ms', 'p99 ms', 'CPU µs', 'of raw', 'RSS MB'])
  for (const contender of contenders) {
    const own = rounds.get(contender.name) ?? []
    // Pairs of the same round, so that a slow minute of the machine counts for both.
    const rates = own.map((round, index) => round.rate / (floor[index]?.rate ?? Number.NaN))
    const costs = own.map((round, index) => round.cpu / (floor[index]?.cpu ?? Number.NaN))
    row([
      contender.name,
      spread(own.map(({ rate }) => rate)),
      spread(rates, 2),
      median(own.map(({ p50 }) => p50)).toFixed(1),
      median(own.map(({ p99 }) => p99)).toFixed(1),
      median(own.map(({ cpu }) => cpu)).toFixed(0),
      spread(costs, 2),
      residentMegabytes(contender).toFixed(0),
    ])
  }
}
