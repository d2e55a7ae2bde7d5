import { access, constants } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { checkFileSink, openFileSink } from '../../audit/file-sink.ts'
import type { RecoveryNote } from '../../audit/recover.ts'
import type { AuditEntry, AuditSink } from '../../audit/sink.ts'
import { openStdoutSink } from '../../audit/stdout-sink.ts'
import type { ServeOptions } from '../../config/serve-options.ts'
import { explainWriteError } from '../../files/explain-error.ts'
import type { Log } from '../log.ts'
import { StartError } from '../start-error.ts'

/** Opens the audit log that the options name; throws a `StartError` when it cannot be opened. */
export async function openAuditSink(
  { auditFile, auditMaxBytes }: Pick<ServeOptions, 'auditFile' | 'auditMaxBytes'>,
  { stdout, log }: { readonly stdout: Writable; readonly log: Log },
  preamble: () => readonly AuditEntry[],
): Promise<AuditSink> {
  if (auditFile === '-') return openStdoutSink(stdout, preamble)
  const maxBytes = auditMaxBytes === 0 ? Number.POSITIVE_INFINITY : auditMaxBytes
  const onRecovery = ({ tornBytes, tornFile }: RecoveryNote) =>
    log.warn(
      `audit log ${auditFile}: its last ${tornBytes} bytes are no whole record, as a crash leaves them. They are kept in ` +
        `${tornFile}, and a record notes it; look there if nothing crashed`,
    )
  try {
    return await openFileSink({ path: auditFile, maxBytes, preamble, onRecovery })
  } catch (cause) {
    throw refusalOf(auditFile, cause)
  }
}

/** Throws a `StartError` where the file cannot be the audit log, before anything is started or written for it. */
export async function checkAuditFile(auditFile: string): Promise<void> {
  try {
    // With the dot, what is no folder is none. Beside the log its lock and its full files are made.
    await access(`${dirname(auditFile)}/.`, constants.W_OK)
    await checkFileSink(auditFile)
  } catch (cause) {
    throw refusalOf(auditFile, cause)
  }
}

function refusalOf(auditFile: string, cause: unknown): StartError {
  const { code, message } = cause as NodeJS.ErrnoException
  const why = explainWriteError(cause) ?? message
  const text = code?.startsWith('AUDIT_') ? message : `audit log ${auditFile}: ${why}`
  return new StartError(`${text.replace(/\.?$/, '.')} --audit-file can name another file`, {
    cause,
  })
}
