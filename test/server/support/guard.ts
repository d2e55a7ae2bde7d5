import type { Test } from 'tap'
import { defaultsFor, type ServeOptions } from '../../../src/config/serve-options.ts'
import { type Guard, startGuard } from '../../../src/server/guard.ts'
import { createLog } from '../../../src/server/log.ts'
import type { GuardSurroundings } from '../../../src/server/state.ts'
import { put } from '../../certificates/support/issued.ts'
import { sharedCertificates } from '../../certificates/support/shared.ts'
import { captured } from './captured.ts'

const { first: issued } = sharedCertificates()

/** The CA of the certificates that test guards serve. */
export const CA = issued.ca.certificate

/** A guard on free ports with a log and certificates of its own, and what it said on standard error. */
export type TestGuard = Guard & {
  readonly dir: string
  readonly auditFile: string
  readonly stderr: () => string
}

/** A directory with certificates. */
export function tlsDir(t: Test): string {
  return put(t.testdir(), issued)
}

/** Options of a guard without a cluster in a directory. */
function optionsIn(dir: string, changes: Partial<ServeOptions> = {}): ServeOptions {
  return {
    ...defaultsFor(false, 'guard-0'),
    host: '127.0.0.1',
    port: 0,
    opsPort: 0,
    tlsDir: dir,
    auditFile: `${dir}/audit.jsonl`,
    cluster: 'none',
    shutdownDelay: 0,
    ...changes,
  }
}

/** Starts a guard in this process that ends with the test. */
export async function serve(
  t: Test,
  changes: Partial<ServeOptions> = {},
  dir = tlsDir(t),
  surroundings: Partial<GuardSurroundings> = {},
): Promise<TestGuard> {
  const options = optionsIn(dir, changes)
  const said = captured()
  const log = createLog({ level: 'debug', write: line => said.stream.write(line) })
  const guard = await startGuard(options, {
    stdout: captured().stream,
    stderr: said.stream,
    log,
    version: '1.2.3',
    env: {},
    ...surroundings,
  })
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= guard.stop())
  t.teardown(stop)
  return { ...guard, stop, dir, auditFile: options.auditFile, stderr: said.text }
}
