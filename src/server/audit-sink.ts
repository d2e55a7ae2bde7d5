import type { Writable } from 'node:stream'
import { openFileSink } from '../audit/file-sink.ts'
import type { AuditEntry, AuditSink } from '../audit/sink.ts'
import { openStdoutSink } from '../audit/stdout-sink.ts'
import type { ServeOptions } from '../config/serve-options.ts'
import { explainWriteError } from '../files/explain-error.ts'
import { StartError } from './start-error.ts'

/** Opens the audit log that the options name; throws a `StartError` when it cannot be opened. */
export async function openAuditSink(
  { auditFile, auditMaxBytes }: Pick<ServeOptions, 'auditFile' | 'auditMaxBytes'>,
  stdout: Writable,
  preamble: () => readonly AuditEntry[],
): Promise<AuditSink> {
  if (auditFile === '-') return openStdoutSink(stdout, preamble)
  const maxBytes = auditMaxBytes === 0 ? Number.POSITIVE_INFINITY : auditMaxBytes
  try {
    return await openFileSink({ path: auditFile, maxBytes, preamble })
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const why = explainWriteError(cause) ?? message
    const text = code?.startsWith('AUDIT_') ? message : `audit log ${auditFile}: ${why}`
    throw new StartError(`${text.replace(/[.?]?$/, '.')} --audit-file can name another file`, {
      cause,
    })
  }
}
