import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'

const MAIN = join(import.meta.dirname, '../../src/control-plane/main.ts')

/** Starts it as a person does and waits until it says that it is up. */
async function run(t: Test, args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  let said = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    said += text
  })
  while (!said.includes('Ctrl-C ends it.')) await once(child.stdout, 'data')
  const kubeconfig = /KUBECONFIG=(\S+)/.exec(said)?.[1] ?? ''
  return { child, exited, said: () => said, kubeconfig, dir: dirname(kubeconfig) }
}

// Every process whose command line names the folder: etcd and the API server keep their files there.
function processesOf(dir: string): readonly string[] {
  return readdirSync('/proc').filter(pid => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(dir)
    } catch {
      return false
    }
  })
}

async function until(condition: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 200 && !condition(); tries++) await sleep(25)
  return condition()
}

t.test('it says what to type, and Ctrl-C ends it without a trace', async t => {
  const { child, exited, said, kubeconfig, dir } = await run(t, ['--era', '1.14'])
  t.match(said(), /^Kubernetes v1\.\d+\.\d+ with the CRDs of HCO 1\.14, up in \d+\.\d s\./)
  t.ok(existsSync(kubeconfig))
  t.equal(processesOf(dir).length, 2)
  child.kill('SIGINT')
  t.strictSame(await exited, [0, null])
  t.match(said(), /ended; everything it wrote is gone\n$/)
  t.notOk(existsSync(dir))
  t.strictSame(processesOf(dir), [])
})

t.test('kill -9 leaves no process and no file either', async t => {
  const { child, exited, dir } = await run(t, [])
  child.kill('SIGKILL')
  await exited
  t.ok(await until(() => processesOf(dir).length === 0), 'no process')
  t.ok(await until(() => !existsSync(dir)), 'no folder')
})

t.test('an era that nobody knows is an error that names those that are', async t => {
  const child = spawn(process.execPath, [MAIN, '--era', '1.13'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    said += text
  })
  t.strictSame(await once(child, 'close'), [3, null])
  t.match(said, '--era 1.13: 1.4, 1.9, 1.14, 1.18, 1.19 are known')
})
