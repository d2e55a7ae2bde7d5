import type { Writable } from 'node:stream'
import { after, type Head, NO_RECORD, seal } from './chain.ts'
import { type AuditEntry, AuditError, type AuditSink } from './sink.ts'

/**
 * Writes the chain to a stream such as standard output. "Durable" is what the stream calls written;
 * no fdatasync stands behind it, nothing can be read back after a crash, and every start of the
 * process begins a chain of its own.
 */
export function openStdoutSink(
  stream: Writable,
  preamble: () => readonly AuditEntry[] = () => [],
): AuditSink {
  let next = after(NO_RECORD)
  let head: Head = NO_RECORD
  let queued = 0
  let error: string | null = null
  let newest: Promise<unknown> = Promise.resolve()
  let closed = false

  function add(entry: AuditEntry) {
    const { line, hash } = seal(entry, next)
    const receipt = { sequence: next.sequence, hash }
    // A stream cannot take back what it has begun, so a number is never given twice: a record that
    // failed is missing in the chain.
    next = after(receipt)
    queued++
    const durable = new Promise<void>((resolve, reject) => {
      stream.write(`${line}\n`, cause => {
        queued--
        error = cause?.message ?? null
        if (cause) reject(cause)
        else {
          head = receipt
          resolve()
        }
      })
    })
    newest = durable.catch(() => {}) // Nobody has to wait for it.
    return { ...receipt, durable }
  }

  // Without a listener, a reader that goes away (EPIPE) would end the process.
  stream.on('error', cause => {
    error = cause.message
  })
  for (const entry of preamble()) add(entry)

  return {
    append(entry) {
      if (closed) throw new AuditError('AUDIT_CLOSED', 'the audit log is closed')
      return add(entry)
    },
    status: () => ({ healthy: error === null, error, head, queued }),
    async close() {
      closed = true
      await newest
    },
  }
}
