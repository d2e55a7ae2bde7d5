import { chmodSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { cacheFolder, findBinaries, folderOf } from '../../src/control-plane/binaries.ts'

const NAMES = ['kube-apiserver', 'etcd', 'kubectl']

function folderWith(t: Test, names: readonly string[]): string {
  const dir = t.testdir()
  for (const name of names) program(join(dir, name), 'exit 0')
  return dir
}

function program(path: string, script: string): void {
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
}

t.test('KUBEBUILDER_ASSETS is taken when it holds all three', async t => {
  const dir = folderWith(t, NAMES)
  const binaries = await findBinaries({ env: { KUBEBUILDER_ASSETS: dir }, report: t.fail })
  t.equal(folderOf(binaries), dir)
})

t.test('KUBEBUILDER_ASSETS that lacks one is an error, not a reason to build', async t => {
  const dir = folderWith(t, ['kubectl'])
  await t.rejects(findBinaries({ env: { KUBEBUILDER_ASSETS: dir }, report: t.fail }), {
    code: 'CONTROL_PLANE_UNAVAILABLE',
    message:
      `KUBEBUILDER_ASSETS is ${dir}, but there is no executable kube-apiserver, etcd in it.\n` +
      'Point it at a folder with kube-apiserver, etcd and kubectl, or unset it to build them with Go.',
  })
})

t.test(
  'without Go it says what to install or set and nothing of a build, and leaves nothing behind',
  async t => {
    const cache = t.testdir()
    const env = { MIGRATION_GUARD_CONTROL_PLANE_CACHE: cache, PATH: cache }
    await t.rejects(findBinaries({ env, report: t.fail }), {
      code: 'CONTROL_PLANE_UNAVAILABLE',
      message:
        /install Go .+\n.*set KUBEBUILDER_ASSETS .+\n.*\n.*MIGRATION_GUARD_CONTROL_PLANE_CACHE/,
    })
    t.same(readdirSync(cache), [])
  },
)

const GO = `
[ "$1" = list ] && exit
while [ $# -gt 2 ]; do shift; done
echo > "$1"
chmod +x "$1"`

t.test('a build shows what it does and how long, and its programs are found next time', async t => {
  const { env, cache } = fakeGo(t, GO)
  const lines: string[] = []
  const binaries = await findBinaries({ env, report: line => lines.push(line) })
  t.equal(folderOf(binaries), cacheFolder(env))
  t.match(
    lines.join('\n'),
    /^no kube-apiserver.*once\nabout 9 minutes.*\n0:00 {2}fetch the sources: started$/m,
  )
  t.match(lines.join('\n'), /^0:0\d {2}build kube-apiserver: done$/m)
  t.same(readdirSync(cache), [basename(cacheFolder(env))])
})

t.test('a failed build gives what Go said and leaves nothing behind', async t => {
  const { env, cache } = fakeGo(t, 'echo "k8s.io/api: no such host" >&2; exit 1')
  await t.rejects(findBinaries({ env, report: () => {} }), {
    code: 'CONTROL_PLANE_UNAVAILABLE',
    message: 'go list ended with 1:\nk8s.io/api: no such host',
  })
  t.same(readdirSync(cache), [])
})

t.test('an interrupted build leaves nothing behind', async t => {
  const { env, cache } = fakeGo(t, 'exec sleep 60')
  const signal = AbortSignal.timeout(300)
  await t.rejects(findBinaries({ env, report: () => {}, signal }), { name: 'AbortError' })
  t.same(readdirSync(cache), [])
})

/** A cache folder and an environment whose `go` runs the script. */
function fakeGo(t: Test, script: string) {
  const dir = t.testdir({ bin: {}, cache: {} })
  program(join(dir, 'bin/go'), script)
  const cache = join(dir, 'cache')
  const PATH = `${join(dir, 'bin')}:${dirname('/bin/sh')}:/usr/bin`
  return { cache, env: { MIGRATION_GUARD_CONTROL_PLANE_CACHE: cache, PATH } }
}
