import { canonicalJson } from '../audit/canonical-json.ts'
import type { AdmissionRequest } from '../core/admission-review.ts'
import { toAuditRecord } from '../core/audit-record.ts'
import type { Decision } from '../core/decision.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { describeDecision } from './describe-decision.ts'
import type { LastAdmitted } from './grounds/last-admitted.ts'
import type { Log } from './log.ts'
import type { Grounds } from './recording/recorder.ts'

/** Those who watch what is answered and written; nothing they do changes an answer. */
export type Observers = {
  readonly observe: (decision: Decision, seconds: number) => void
  readonly onUnrecorded: (decision: Decision, error: Error, grounds: Grounds) => void
  readonly onCrash: (error: Error, request: AdmissionRequest) => void
  readonly onRecord: (type: string, error: Error | null) => void
}

export type ObserverParts = {
  readonly metrics: Metrics
  readonly log: Log
  readonly admitted: LastAdmitted
  /** True to log every decision; otherwise the ones that were refused. */
  readonly logAll: boolean
  readonly stderr: { write(text: string): unknown }
}

/** Tells metrics, log and the memory of the last admitted object what happens. */
export function createObservers({
  metrics,
  log,
  admitted,
  logAll,
  stderr,
}: ObserverParts): Observers {
  return {
    observe: (decision, seconds) => {
      metrics.observe(decision, seconds)
      admitted.observe(decision)
      const level = levelOf(decision, logAll)
      if (log.reaches(level)) log[level](describeDecision(decision, seconds), { uid: decision.uid })
    },
    onUnrecorded: (decision, error, grounds) => {
      const { peer } = grounds
      const record = { ...toAuditRecord(decision, grounds), peer, unrecorded: error.message }
      // Not through the log, whose level must not decide on it.
      stderr.write(`${canonicalJson(record)}\n`)
    },
    onCrash: (error, request) => {
      const { operation, kind, namespace, name } = request
      const subject = { operation, kind: kind.kind, namespace, name }
      log.error(`the guard failed on a request: ${error.message}`, {
        stack: error.stack,
        ...subject,
      })
    },
    onRecord: (type, error) => {
      if (error === null) return metrics.auditRecords.inc({ type })
      metrics.auditFailures.inc()
      log.error(`the audit log cannot be written: ${error.message}`, { type })
    },
  }
}

function levelOf({ failure, allowed }: Decision, logAll: boolean) {
  if (failure !== null) return 'warn'
  return logAll || !allowed ? 'info' : 'debug'
}
