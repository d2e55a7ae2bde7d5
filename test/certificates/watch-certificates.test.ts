import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import type { IssuedCertificates } from '../../certs/issue.ts'
import { writeCertificates } from '../../certs/write.ts'
import {
  loadPair,
  type PairProblem,
  type ServingPair,
  secureContextOptions,
} from '../../src/certificates/serving-certificate.ts'
import { type WatchOptions, watchCertificates } from '../../src/certificates/watch-certificates.ts'
import { issue, put } from './issued.ts'

const first = issue()
const second = issue({ ca: first.ca })
const third = issue({ ca: first.ca })
const expired = issue({ now: new Date('2024-01-01T00:00:00Z'), leafDays: 30 })

const NEVER = 3_600_000
const deaf: NonNullable<WatchOptions['watch']> = () => ({ refresh() {}, close() {} })
const fingerprint = ({ server }: IssuedCertificates) =>
  new X509Certificate(server.certificate).fingerprint256

// A watch that keeps what it was told; by default it learns of changes by events alone.
function follow(t: Test, dir: string, options: Partial<WatchOptions> = {}) {
  const pairs: ServingPair[] = []
  const problems: PairProblem[] = []
  const warnings: string[] = []
  const watch = watchCertificates({
    dir,
    onPair: pair => pairs.push(pair),
    onProblem: problem => problems.push(problem),
    onWarning: warning => warnings.push(warning),
    pollMs: NEVER,
    debounceMs: 20,
    ...options,
  })
  t.teardown(watch.stop)
  return { watch, pairs, problems, warnings }
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 5000) throw new Error(`never came true: ${condition}`)
    await sleep(5)
  }
}

t.test('the first good pair is given at once, and an unchanged one never again', async t => {
  const dir = put(t.testdir(), first)
  const { watch, pairs, problems } = follow(t, dir)
  t.equal(pairs[0]?.fingerprint, fingerprint(first))
  t.equal(pairs[0]?.ca, first.ca.certificate, 'with the client CA')
  put(dir, first)
  await sleep(60)
  watch.check()
  t.equal(pairs.length, 1)
  t.same(problems, [])
})

t.test('a pair that is served already is not given again, only its successor', async t => {
  const dir = put(t.testdir(), first)
  const { pair } = loadPair(dir)
  if (pair === null) throw new Error('no pair')
  const { watch, pairs } = follow(t, dir, { current: pair })
  t.same(pairs, [])
  writeCertificates({ dir, issued: second, force: true })
  await until(() => pairs.length > 0)
  t.equal(pairs[0]?.fingerprint, fingerprint(second))
  t.equal(watch.current?.fingerprint, fingerprint(second))
})

t.test('a change between loading and watching is found', async t => {
  const dir = put(t.testdir(), first)
  const { pair } = loadPair(dir)
  if (pair === null) throw new Error('no pair')
  put(dir, second)
  t.equal(follow(t, dir, { current: pair }).pairs[0]?.fingerprint, fingerprint(second))
})

t.test('writing the files one by one gives one pair, after the last of them', async t => {
  const dir = put(t.testdir(), first)
  const { pairs, problems } = follow(t, dir, { debounceMs: 150 })
  writeFileSync(join(dir, 'tls.crt'), '')
  await sleep(30)
  writeFileSync(join(dir, 'tls.crt'), second.server.certificate)
  await sleep(30)
  writeFileSync(join(dir, 'tls.key'), second.server.key)
  await until(() => pairs.length > 1)
  t.same(
    pairs.map(pair => pair.fingerprint),
    [fingerprint(first), fingerprint(second)],
  )
  t.same(problems, [])
})

t.test('polling alone finds a change where no event arrives', async t => {
  const dir = put(t.testdir(), first)
  const { pairs } = follow(t, dir, { watch: deaf, pollMs: 20 })
  put(dir, second)
  await until(() => pairs.length > 1)
  t.equal(pairs[1]?.fingerprint, fingerprint(second))
})

const broken: readonly [string, string, string, string][] = [
  [
    'a key of another certificate',
    'tls.key',
    third.server.key,
    'tls.key: does not belong to the certificate',
  ],
  [
    'a half-written certificate',
    'tls.crt',
    second.server.certificate.slice(0, 600),
    'tls.crt: is cut off',
  ],
  ['an empty key', 'tls.key', '', 'tls.key: is empty'],
]

for (const [what, name, text, message] of broken)
  t.test(
    `${what} is reported once, keeps the last good pair, and is forgotten when repaired`,
    async t => {
      const dir = put(t.testdir(), first)
      const { watch, pairs, problems } = follow(t, dir, { watch: deaf })
      writeFileSync(join(dir, name), text)
      for (let checks = 0; checks < 3; checks++) watch.check()
      t.equal(pairs.length, 1)
      t.equal(watch.current?.fingerprint, fingerprint(first))
      t.equal(problems.length, 1)
      t.match(problems[0]?.message, message)
      t.same(watch.problem, problems[0])
      put(dir, second)
      watch.check()
      t.equal(watch.problem, undefined)
      t.equal(pairs[1]?.fingerprint, fingerprint(second))
      writeFileSync(join(dir, name), text)
      watch.check()
      t.equal(problems.length, 2, 'the same fault a second time is reported a second time')
    },
  )

t.test('going back to the pair that is served ends the problem without a swap', async t => {
  const dir = put(t.testdir(), first)
  const { watch, pairs, problems } = follow(t, dir, { watch: deaf })
  writeFileSync(join(dir, 'tls.key'), '')
  watch.check()
  put(dir, first)
  watch.check()
  t.equal(watch.problem, undefined)
  t.equal(pairs.length, 1)
  t.equal(problems.length, 1)
})

t.test('the symlink swap of a mounted Secret is followed', async t => {
  const dir = t.testdir()
  put(join(dir, '..2026_11_23'), first)
  symlinkSync('..2026_11_23', join(dir, '..data'))
  for (const name of ['ca.crt', 'tls.crt', 'tls.key'])
    symlinkSync(join('..data', name), join(dir, name))
  const { pairs, problems } = follow(t, dir)
  for (const [version, issued] of [
    ['..2027_10_01', second],
    ['..2028_09_01', third],
  ] as const) {
    const before = pairs.length
    put(join(dir, version), issued)
    symlinkSync(version, join(dir, '..data_tmp'))
    renameSync(join(dir, '..data_tmp'), join(dir, '..data'))
    await until(() => pairs.length > before)
    t.equal(pairs.at(-1)?.fingerprint, fingerprint(issued))
  }
  t.equal(pairs.length, 3)
  t.same(problems, [])
})

t.test('a directory that is missing at first is waited for', async t => {
  const dir = join(t.testdir(), 'late')
  const { pairs, problems } = follow(t, dir, { pollMs: 20 })
  t.same(
    problems.map(problem => problem.message),
    [`${dir}/tls.crt: does not exist`],
  )
  await sleep(60)
  t.equal(problems.length, 1)
  put(dir, first)
  await until(() => pairs.length > 0)
  t.equal(pairs[0]?.fingerprint, fingerprint(first))
})

t.test('a directory may disappear and return, and events in the new one are heard', async t => {
  const dir = put(join(t.testdir(), 'comes-and-goes'), first)
  const { watch, pairs, problems } = follow(t, dir)
  rmSync(dir, { recursive: true })
  await until(() => problems.length > 0)
  t.equal(watch.current?.fingerprint, fingerprint(first), 'the last good pair stays')
  mkdirSync(dir)
  watch.check()
  put(dir, second)
  await until(() => pairs.length > 1)
  t.equal(pairs[1]?.fingerprint, fingerprint(second))
  t.equal(watch.problem, undefined)
})

t.test('a directory replaced between two looks is watched anew', async t => {
  const dir = put(join(t.testdir(), 'replaced'), first)
  const { watch, pairs } = follow(t, dir)
  rmSync(dir, { recursive: true })
  put(dir, first)
  watch.check()
  put(dir, second)
  await until(() => pairs.length > 1)
  t.equal(pairs[1]?.fingerprint, fingerprint(second))
})

t.test(
  'what the receiver throws is reported, and the pair is offered again at the next look',
  async t => {
    const dir = put(t.testdir(), first)
    const problems: string[] = []
    let failing = true
    const { watch } = follow(t, dir, {
      watch: deaf,
      onPair() {
        if (failing) throw new Error('unusable')
      },
      onProblem: problem => problems.push(problem.message),
    })
    watch.check()
    t.same(problems, [`${dir}: unusable`])
    t.equal(watch.current, undefined)
    failing = false
    watch.check()
    t.equal(watch.current?.fingerprint, fingerprint(first))
    t.equal(watch.problem, undefined)
  },
)

t.test(
  'an expired pair is served when there is nothing better, and never replaces a valid one',
  async t => {
    const dir = put(t.testdir(), expired)
    const { watch, pairs, problems } = follow(t, dir, { watch: deaf })
    t.match(pairs[0]?.warnings, [/expired on 2024-01-31/])
    put(dir, first)
    watch.check()
    put(dir, expired)
    watch.check()
    t.equal(watch.current?.fingerprint, fingerprint(first))
    t.match(
      problems[0]?.message,
      /tls\.crt: expired on 2024-01-31T00:00:00.000Z; the one before stays$/,
    )
  },
)

t.test(
  'a pair that is not valid yet is taken when its time comes, though nothing changes',
  async t => {
    const dir = put(t.testdir(), issue({ ca: first.ca, leafDays: 3 }))
    let now = new Date()
    const tomorrow = new Date(now.getTime() + 86_400_000)
    const { watch, problems } = follow(t, dir, { watch: deaf, now: () => now })
    const early = issue({ ca: first.ca, now: tomorrow })
    put(dir, early)
    watch.check()
    watch.check()
    t.equal(problems.length, 1)
    t.match(problems[0]?.message, /is not valid before/)
    now = tomorrow
    watch.check()
    t.equal(watch.current?.fingerprint, fingerprint(early))
  },
)

t.test(
  'warnings come when the served certificate nears its end and when it is past it',
  async t => {
    const dir = put(t.testdir(), first)
    let now = new Date()
    const { watch, warnings } = follow(t, dir, { watch: deaf, now: () => now })
    const end = watch.current?.notAfter.getTime() ?? 0
    for (const daysLeft of [200, 31, 29, 28, 1, -1, -2]) {
      now = new Date(end - daysLeft * 86_400_000)
      watch.check()
    }
    t.match(warnings, [/tls\.crt: expires on .*, 29 days from now$/, /tls\.crt: expired on /])
    t.equal(warnings.length, 2)
  },
)

t.test('where the client CA is required its loss is a problem and keeps the last pair', async t => {
  const dir = put(t.testdir(), first)
  const { watch, problems } = follow(t, dir, { watch: deaf, requireCa: true })
  put(dir, second)
  rmSync(join(dir, 'ca.crt'))
  watch.check()
  t.equal(watch.current?.ca, first.ca.certificate)
  t.match(problems[0]?.message, 'ca.crt: does not exist')
})

t.test('after stop nothing is called any more', async t => {
  const dir = put(t.testdir(), first)
  const { watch, pairs, problems } = follow(t, dir, { pollMs: 10 })
  put(dir, second)
  watch.stop()
  watch.stop()
  watch.check()
  rmSync(join(dir, 'tls.key'))
  await sleep(60)
  t.equal(pairs.length, 1)
  t.same(problems, [])
})

t.test(
  'a live server shows the new certificate to new connections and keeps the old ones',
  async t => {
    const dir = put(t.testdir(), first)
    const { pair } = loadPair(dir)
    if (pair === null) throw new Error('no pair')
    const tlsOptions = { minVersion: 'TLSv1.3' } as const
    const server = createServer(secureContextOptions(pair, tlsOptions), (_, response) =>
      response.end(),
    )
    await once(server.listen(0), 'listening')
    const { port } = server.address() as AddressInfo
    const keeping = new Agent({ keepAlive: true, ca: first.ca.certificate })
    t.teardown(() => {
      keeping.destroy()
      server.close()
    })
    const swapped: ServingPair[] = []
    const { problems } = follow(t, dir, {
      current: pair,
      onPair(next) {
        server.setSecureContext(secureContextOptions(next, tlsOptions))
        swapped.push(next)
      },
    })

    t.same(await ask(port, keeping), { shown: fingerprint(first), reused: false })
    writeFileSync(join(dir, 'tls.key'), third.server.key)
    await until(() => problems.length > 0)
    t.same(
      await askAnew(port),
      { shown: fingerprint(first), reused: false },
      'a bad pair changes nothing',
    )
    writeCertificates({ dir, issued: second, force: true })
    await until(() => swapped.length > 0)
    t.same(await ask(port, keeping), { shown: fingerprint(first), reused: true })
    t.same(await askAnew(port), { shown: fingerprint(second), reused: false })
    const old = connect({ port, ca: first.ca.certificate, maxVersion: 'TLSv1.2' })
    await t.rejects(
      once(old, 'secureConnect'),
      { message: /protocol version/ },
      'the minimum version stays',
    )
  },
)

async function ask(port: number, agent: Agent) {
  const sent = request({ port, agent, host: 'localhost' }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const shown = (sent.socket as TLSSocket).getPeerCertificate().fingerprint256
  response.resume()
  await once(response, 'end')
  return { shown, reused: sent.reusedSocket }
}

function askAnew(port: number) {
  return ask(port, new Agent({ keepAlive: false, ca: first.ca.certificate }))
}
