import { EventEmitter } from 'node:events'
import {
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { mock } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { writeCertificates } from '../../certs/write.ts'
import { loadPair } from '../../src/certificates/serving-certificate.ts'
import type { WatchOptions } from '../../src/certificates/watch-certificates.ts'
import { deaf, fingerprint, follow, until } from './support/follow.ts'
import { put } from './support/issued.ts'
import { sharedCertificates } from './support/shared.ts'

const { first, renewed: second, again: third } = sharedCertificates()

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
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  t.teardown(() => mock.timers.reset())
  const events = new EventEmitter()
  const watch: WatchOptions['watch'] = (_, onChange) => {
    events.on('change', onChange)
    return { refresh() {}, close() {} }
  }
  const { pairs, problems } = follow(t, dir, { watch, debounceMs: 100 })
  const steps = [
    ['tls.crt', ''],
    ['tls.crt', second.server.certificate],
    ['tls.key', second.server.key],
  ] as const
  for (const [name, text] of steps) {
    writeFileSync(join(dir, name), text)
    events.emit('change')
    mock.timers.tick(99)
    t.equal(pairs.length, 1)
  }
  mock.timers.tick(1)
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
    [`${dir}/tls.crt: there is no such file or folder`],
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
  // Emptied first, so that ext4 gives the freed inode number to the new directory.
  for (const name of readdirSync(dir)) rmSync(join(dir, name))
  rmdirSync(dir)
  put(dir, first)
  watch.check()
  await sleep(100) // The last events of the old directory would hide that the new one is not watched.
  put(dir, second)
  await until(() => pairs.length > 1)
  t.equal(pairs[1]?.fingerprint, fingerprint(second))
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
