import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type LoadedPolicy, parsePolicy } from '../../src/policy/load.ts'
import { type PolicyWatchOptions, watchPolicy } from '../../src/policy/watch.ts'

const HEAD = 'apiVersion: migration-guard.io/v1alpha1\nkind: MigrationGuardPolicy\n'
const HEAVY = `${HEAD}profile: heavy\n`
const STANDARD = `${HEAD}profile: standard\n`
const BAD = `${HEAD}profile: havy\n`
const NEVER = 3_600_000

function hashOf(text: string): string {
  return (parsePolicy(text, '') as LoadedPolicy).hash
}

/** Watches a file that begins as HEAVY and writes down what is announced, in order. */
function record(t: Test, file: string, options: Partial<PolicyWatchOptions> = {}) {
  const heard: string[] = []
  const watch = watchPolicy(file, {
    hash: hashOf(HEAVY),
    pollMs: NEVER,
    settleMs: 40,
    onPolicy: ({ policy }) => void heard.push(policy.profile ?? 'defaults'),
    onProblem: problems => void heard.push(...problems.map(({ message }) => message)),
    ...options,
  })
  t.teardown(watch.stop)
  async function expect(...expected: string[]): Promise<void> {
    for (let waited = 0; heard.length < expected.length && waited < 5000; waited += 5)
      await sleep(5)
    // Long enough for a notification too many to show.
    await sleep(80)
    t.strictSame(heard, expected)
  }
  return { watch, expect }
}

const MISSPELT = '"havy" is not a profile (heavy or standard); did you mean "heavy"?'

t.test(
  'a change in place and a file moved over it are announced, the same content is not',
  async t => {
    const file = path.join(t.testdir({ 'policy.yaml': HEAVY }), 'policy.yaml')
    const { expect } = record(t, file)
    await writeFile(file, HEAVY)
    await utimes(file, 1, 1)
    await expect()
    await writeFile(file, STANDARD)
    await expect('standard')
    await writeFile(`${file}.new`, HEAVY)
    await rename(`${file}.new`, file)
    await expect('standard', 'heavy')
    // As vim does it: the old file becomes the backup, the new one is written in its place.
    await rename(file, `${file}~`)
    await writeFile(file, STANDARD)
    await rm(`${file}~`)
    await expect('standard', 'heavy', 'standard')
  },
)

t.test(
  'a bad file is a problem once; good again is announced, also when it is the old content',
  async t => {
    const file = path.join(t.testdir({ 'policy.yaml': HEAVY }), 'policy.yaml')
    const { watch, expect } = record(t, file)
    await writeFile(file, BAD)
    await expect(MISSPELT)
    await writeFile(file, BAD)
    await watch.check()
    await expect(MISSPELT)
    await writeFile(file, HEAVY)
    await expect(MISSPELT, 'heavy')
    await writeFile(file, BAD)
    await expect(MISSPELT, 'heavy', MISSPELT)
  },
)

t.test('a deleted file is a problem, and it may come back', async t => {
  const file = path.join(t.testdir({ 'policy.yaml': HEAVY }), 'policy.yaml')
  const { watch, expect } = record(t, file)
  await rm(file)
  await expect('there is no such file or folder')
  await watch.check()
  await expect('there is no such file or folder')
  await writeFile(file, HEAVY)
  await expect('there is no such file or folder', 'heavy')
})

t.test('kubelet swaps the ..data link of a ConfigMap', async t => {
  const folder = t.testdir({ '..2026_01': { 'policy.yaml': HEAVY } })
  const swap = async (to: string) => {
    await symlink(to, path.join(folder, '..data_tmp'))
    await rename(path.join(folder, '..data_tmp'), path.join(folder, '..data'))
  }
  await swap('..2026_01')
  await symlink('..data/policy.yaml', path.join(folder, 'policy.yaml'))
  const { expect } = record(t, path.join(folder, 'policy.yaml'))
  for (const [version, text] of [
    ['..2026_02', STANDARD],
    ['..2026_03', HEAVY],
  ] as const) {
    await mkdir(path.join(folder, version))
    await writeFile(path.join(folder, version, 'policy.yaml'), text)
    await swap(version)
  }
  await rm(path.join(folder, '..2026_01'), { recursive: true })
  await expect()
  await mkdir(path.join(folder, '..2026_04'))
  await writeFile(path.join(folder, '..2026_04', 'policy.yaml'), STANDARD)
  await swap('..2026_04')
  await expect('standard')
})

t.test(
  'a half-written file does not come into force, though its beginning is a valid policy',
  async t => {
    const file = path.join(t.testdir({ 'policy.yaml': HEAVY }), 'policy.yaml')
    const { expect } = record(t, file, { settleMs: 150 })
    await writeFile(file, HEAD)
    await sleep(40)
    await writeFile(file, STANDARD)
    await expect('standard')
  },
)

t.test(
  'the poll alone finds changes, a folder that was replaced, and one that is not there yet',
  async t => {
    const folder = path.join(t.testdir(), 'config')
    const file = path.join(folder, 'policy.yaml')
    const { expect } = record(t, file, { pollMs: 30, settleMs: 60 })
    const heard = ['there is no such file or folder']
    const next = (one: string) => expect(...heard, one).then(() => heard.push(one))
    await expect(...heard)
    await mkdir(folder)
    await writeFile(file, STANDARD)
    await next('standard')
    await mkdir(`${folder}.new`)
    await writeFile(path.join(`${folder}.new`, 'policy.yaml'), HEAVY)
    await rename(folder, `${folder}.old`)
    await rename(`${folder}.new`, folder)
    await next('heavy')
    await writeFile(file, BAD)
    await next(MISSPELT)
    await rm(folder, { recursive: true })
    await next('there is no such file or folder')
  },
)

t.test('a policy that cannot be applied is said once and tried again at the next poll', async t => {
  const file = path.join(t.testdir({ 'policy.yaml': HEAVY }), 'policy.yaml')
  let attempts = 0
  const { expect } = record(t, file, {
    pollMs: 30,
    onPolicy: async () => {
      attempts += 1
      if (attempts < 4) throw new Error('no space left')
    },
  })
  await writeFile(file, STANDARD)
  await expect('was read but could not be applied: no space left')
  for (let waited = 0; attempts < 4 && waited < 5000; waited += 5) await sleep(5)
  await sleep(100)
  t.equal(attempts, 4)
})

t.test('only a content that is new is parsed, and each once', async t => {
  const file = path.join(t.testdir({ 'policy.yaml': HEAVY }), 'policy.yaml')
  const parsed: string[] = []
  const { watch, expect } = record(t, file, {
    parse: (text, source) => {
      parsed.push(text)
      return parsePolicy(text, source)
    },
  })
  for (let poll = 0; poll < 3; poll++) await watch.check()
  t.same(parsed, [], 'what is in force already is not')
  await writeFile(file, BAD)
  await expect(MISSPELT)
  for (let poll = 0; poll < 3; poll++) await watch.check()
  t.same(parsed, [BAD])
})

t.test('an observer that throws does not end the watch', async t => {
  const file = path.join(t.testdir({ 'policy.yaml': HEAVY }), 'policy.yaml')
  const warnings: Error[] = []
  // Node's own listener, which would print it, is set aside.
  const listeners = process.listeners('warning')
  process.removeAllListeners('warning').on('warning', warning => void warnings.push(warning))
  t.teardown(() => {
    process.removeAllListeners('warning')
    for (const listener of listeners) process.on('warning', listener)
  })
  const { expect } = record(t, file, {
    onProblem: () => {
      throw new Error('observer broken')
    },
  })
  await writeFile(file, BAD)
  for (let waited = 0; warnings.length === 0 && waited < 5000; waited += 5) await sleep(5)
  t.match(warnings, [{ message: 'observer broken' }])
  await writeFile(file, STANDARD)
  await expect('standard')
})

t.test('nothing is announced after stop, not even what is being read', async t => {
  const file = path.join(t.testdir({ 'policy.yaml': HEAVY }), 'policy.yaml')
  const { watch, expect } = record(t, file, { pollMs: 10 })
  await writeFile(file, STANDARD)
  const checking = watch.check()
  watch.stop()
  watch.stop()
  await checking
  await writeFile(file, BAD)
  await watch.check()
  await expect()
})
