import { resolve } from 'node:path'
import { fileSource } from '../audit/log-sources.ts'
import { verifyLog } from '../audit/verify.ts'
import type { Era } from '../control-plane/crds/eras.ts'
import { ControlPlaneUnavailable } from '../control-plane/unavailable.ts'
import { aborted, signalOfTheTerminal } from '../end-signals.ts'
import { InputError } from '../input-error.ts'
import { createLog } from '../server/log.ts'
import { checkAuditFile } from '../server/recording/audit-sink.ts'
import { demonstrate, printed } from '../try/demo.ts'
import { type GuardedPlane, startGuardedPlane } from '../try/guarded-plane.ts'
import { beginning, guide } from '../try/guide.ts'
import { seedHyperConverged } from '../try/seed.ts'
import { writeFolder } from '../try/shell.ts'
import { type Step, stepsFor } from '../try/steps.ts'
import type { ExitCode } from './exit-codes.ts'
import type { CliIo } from './io.ts'
import { VERSION } from './version.ts'

export type TryFlags = {
  readonly era?: Era
  readonly demo?: boolean
  readonly auditFile?: string
}

const DAY_MS = 86_400_000
const NEWEST: Era = '1.19'

/**
 * Starts an API server with the guard in front of it, for somebody who has no cluster. Waits for a signal, or with `demo`
 * runs the commands itself: 0 all came out as told, 3 no control plane can be had, 4 something came out otherwise.
 */
export async function runTry(
  { era = NEWEST, demo = false, auditFile }: TryFlags,
  io: CliIo,
  signal = signalOfTheTerminal(),
): Promise<ExitCode> {
  const write = (text: string) => io.stdout.write(text)
  const { steps, files } = stepsFor(era, inADay(io.now()))
  const log = auditFile === undefined ? undefined : resolve(auditFile)
  // The control plane may take minutes, and what is wrong here is known before.
  if (log !== undefined) await checkAuditFile(log)
  try {
    const guarded = await startGuardedPlane({
      era,
      signal,
      auditFile: log,
      report: line => io.stderr.write(`${line}\n`),
      surroundings: surroundings(io, demo),
    })
    try {
      writeFolder(guarded.folder, guarded.plane, files)
      write(beginning(printed(await seedHyperConverged(guarded.plane, era))))
      if (demo) return await runDemo(guarded, steps, write)
      write(guide(guarded, steps))
      await aborted(signal)
      return 0
    } finally {
      await guarded.stop()
    }
  } catch (error) {
    if (signal.aborted) return 0
    if (error instanceof ControlPlaneUnavailable) throw new InputError(error.message)
    throw error
  }
}

// Its log is what the person watches; a demonstration shows what kubectl prints instead.
function surroundings({ stdout, stderr, env, now }: CliIo, demo: boolean) {
  const level = demo ? 'error' : 'info'
  const log = createLog({ level, human: true, write: line => stdout.write(line) })
  return { stdout, stderr, log, version: VERSION, env, now: () => now().getTime() }
}

async function runDemo(
  guarded: GuardedPlane,
  steps: readonly Step[],
  write: (text: string) => void,
): Promise<ExitCode> {
  const asTold = await demonstrate(guarded, steps, write)
  const { problem, records } = await verifyLog([fileSource(guarded.auditFile)])
  const log = problem === null ? `${records} audit records, their chain verified` : problem.message
  write(`\n${asTold} of ${steps.length} came out as told; ${log}\n`)
  return asTold === steps.length && problem === null ? 0 : 4
}

function inADay(now: Date): string {
  return new Date(now.getTime() + DAY_MS).toISOString().slice(0, 10)
}
