import type { JsonObject } from '../core/json.ts'
import type { Head } from './chain.ts'

/** Content of one record; the chain adds `sequence`, `prev` and `hash`. */
export type AuditEntry = JsonObject

/** The place of a record, known at once, and a promise for when it cannot be lost any more. */
export type Receipt = Head & {
  /** Rejects if the record is not in the log; its number is then given to another record. */
  readonly durable: Promise<void>
}

/** How a sink is doing, for metrics and readiness. */
export type SinkStatus = {
  /** False from a failed write until the next one that succeeds. */
  readonly healthy: boolean
  /** Why the last write failed, while not healthy. */
  readonly error: string | null
  /** The newest durable record. */
  readonly head: Head
  /** Records that wait for a write. */
  readonly queued: number
}

/** A place where records become durable in the order of their chain. */
export interface AuditSink {
  /** Throws `AuditError` where nothing can be accepted: the sink is closed, or too much is waiting. */
  append(entry: AuditEntry): Receipt
  status(): SinkStatus
  /** Waits for everything accepted so far, then lets go of the log. */
  close(): Promise<void>
}

/** Why a log cannot be opened or written. */
export class AuditError extends Error {
  readonly code: 'AUDIT_LOCKED' | 'AUDIT_DAMAGED' | 'AUDIT_CLOSED' | 'AUDIT_BUSY' | 'AUDIT_REPLACED'

  constructor(code: AuditError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AuditError'
    this.code = code
  }
}
