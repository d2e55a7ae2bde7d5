import { hostname } from 'node:os'
import closeWithGrace from 'close-with-grace'
import { readServeOptions } from '../config/read-serve-options.ts'
import type { ServeOptions } from '../config/serve-options.ts'
import { aborted, END_SIGNALS, onEndSignal } from '../end-signals.ts'
import { type Guard, startGuard } from '../server/guard.ts'
import { createLog, type Log } from '../server/log.ts'
import { devGuide } from './dev-guide.ts'
import type { CliIo } from './io.ts'
import { VERSION } from './version.ts'

type ServeIo = Pick<CliIo, 'stdout' | 'stderr' | 'env' | 'now'>

// A drain takes at most the 4 s of an answer; what hangs longer is a disk.
const DRAIN_SECONDS = 15

/**
 * Runs the server until a signal ends it; throws an `InputError` where something given cannot be honoured. `flags` are the
 * options of the command line that were given, in camelCase. With `signal` the caller says when to end; otherwise SIGTERM and
 * its like do, and the process exits, with 1 after a fault.
 */
export async function runServe(
  flags: Readonly<Record<string, unknown>>,
  io: ServeIo,
  signal?: AbortSignal,
): Promise<number> {
  const options = readServeOptions({ flags, env: io.env, hostname: hostname() })
  const log = createLog({
    level: options.logLevel,
    human: options.dev,
    write: line => io.stderr.write(line),
  })
  const guard = await startGuard(options, {
    stdout: io.stdout,
    stderr: io.stderr,
    log,
    version: VERSION,
    env: io.env,
    now: () => io.now().getTime(),
  })
  // Before anybody reads that it serves: a signal then must not find the system's own way of ending.
  const end = ended(guard, options, log, signal)
  welcome(options, guard, log, io)
  await end
  return 0
}

function welcome(options: ServeOptions, guard: Guard, log: Log, { stdout, stderr }: ServeIo): void {
  const { port, opsPort } = guard
  log.info(`serving reviews on port ${port} (TLS), probes and metrics on port ${opsPort}`, {
    version: VERSION,
    port,
    opsPort,
  })
  if (!options.dev) return
  // Where the audit log goes to standard output, nothing else may.
  const out = options.auditFile === '-' ? stderr : stdout
  out.write(devGuide(options, guard, process.cwd()))
}

// Resolves after the caller's signal; a signal of the system ends the process instead.
function ended(guard: Guard, options: ServeOptions, log: Log, signal?: AbortSignal): Promise<void> {
  if (signal !== undefined) return aborted(signal).then(() => guard.stop())
  const delay = (options.shutdownDelay + DRAIN_SECONDS) * 1000
  const logger = { error: (text: unknown) => log.error(String(text)) }
  let ending = false
  const { close } = closeWithGrace({ delay, logger, skip: [...END_SIGNALS] }, async ({ err }) => {
    ending = true
    if (err) log.error(`internal error, so this process ends: ${err.message}`, { stack: err.stack })
    await guard.stop(err ? 'fault' : 'asked')
  })
  onEndSignal(name => {
    if (!ending) return void close()
    log.error(`second ${name}, exiting`)
    process.exit(1)
  })
  return new Promise(() => {})
}
