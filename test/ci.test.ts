import { spawnSync } from 'node:child_process'
import { chmodSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { filesApart, filesOf } from './support/run-folders.ts'

const CI = join(import.meta.dirname, '../.ci/run')

// Runs it with an npm whose suites print these closing lines, and which ends with that code after a failure.
function ci(t: Test, unit: string, e2e: string) {
  const dir = t.testdir({
    npm: `#!/bin/sh
case "$*" in
  test) line='${unit}' ;;
  *e2e) line='${e2e}' ;;
esac
[ -z "$line" ] || echo "$line"
case "$line" in *" 0 failed"* | '') ;; *) exit 1 ;; esac
`,
  })
  chmodSync(join(dir, 'npm'), 0o755)
  const env = { ...process.env, PATH: `${dir}:${process.env.PATH}` }
  const { status, stdout } = spawnSync('bash', [CI], { env, encoding: 'utf8' })
  return { status, last: stdout.trim().split('\n').at(-1) }
}

t.test('CI passes only when every test ran and passed', t => {
  const cases: readonly (readonly [unit: string, e2e: string, status: number, last: RegExp])[] = [
    ['30 passed, 0 failed', '5 passed, 0 failed', 0, /^39 passed, 0 failed$/],
    ['30 passed, 0 failed, 2 skipped', '5 passed, 0 failed', 1, /^39 passed, 0 failed, 2 skipped/],
    ['30 passed, 0 failed', '5 passed, 1 failed', 1, /^39 passed, 1 failed$/],
    ['', '5 passed, 0 failed', 1, /, 1 failed$/],
  ]
  for (const [unit, e2e, status, last] of cases) {
    const ended = ci(t, unit, e2e)
    t.equal(ended.status, status, `${unit}; ${e2e}`)
    t.match(ended.last, last)
  }
  t.end()
})

t.test('every test file is run, and none twice', t => {
  const cwd = join(import.meta.dirname, '..')
  const folders = globSync('test/by-folder/*.test.ts', { cwd }).flatMap(file => {
    const [, named = ''] = /runFolders\((.*)\)/.exec(readFileSync(join(cwd, file), 'utf8')) ?? []
    return [...named.matchAll(/'([^']+)'/g)].map(([, folder = '']) => folder)
  })
  const run = [...filesApart(), ...folders.flatMap(filesOf)].sort()
  const all = globSync('test/**/*.test.ts', { cwd, exclude: ['test/e2e/**', '**/support/**'] })
  t.same(run, all.sort())
  t.ok(folders.length > 5)
  t.end()
})
