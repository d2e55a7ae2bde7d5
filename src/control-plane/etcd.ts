import { join } from 'node:path'
import { onFreePort } from './free-port.ts'
import type { Keeper } from './keep.ts'
import { type Program, startProgram, untilReady } from './program.ts'

/** A running etcd of one member. */
export type Etcd = {
  readonly program: Program
  readonly url: string
  /** The value under a key, undefined when there is none. */
  get(key: string): Promise<string | undefined>
}

/** Starts etcd on 127.0.0.1 with its data in the keeper's folder. */
export function startEtcd(path: string, keeper: Keeper): Promise<Etcd> {
  return onFreePort(async port => {
    const url = `http://127.0.0.1:${port}`
    const args = [
      `--data-dir=${join(keeper.dir, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      // One member has no peers, yet etcd insists on listening for them.
      '--listen-peer-urls=http://127.0.0.1:0',
      // What is stored ends with the run: waiting for the disk would only cost time.
      '--unsafe-no-fsync',
      // With nobody to vote against it, there is nothing to wait for.
      '--election-timeout=100',
      '--heartbeat-interval=20',
      '--log-level=warn',
    ]
    const program = startProgram({ name: 'etcd', path, args, keeper })
    try {
      await untilReady(program, async () => (await fetch(`${url}/health`)).ok)
    } catch (error) {
      await program.stop('SIGKILL')
      throw error
    }
    return { program, url, get: key => get(url, key) }
  })
}

type Range = { readonly kvs?: readonly { readonly value?: string }[] }

// The JSON face of etcd's gRPC API, keys and values in base64.
async function get(url: string, key: string): Promise<string | undefined> {
  const body = JSON.stringify({ key: Buffer.from(key).toString('base64') })
  const answer = await fetch(`${url}/v3/kv/range`, { method: 'POST', body })
  const [found] = ((await answer.json()) as Range).kvs ?? []
  return found && Buffer.from(found.value ?? '', 'base64').toString('utf8')
}
