import { existsSync, readFileSync } from 'node:fs'

/** What tests read of an event in the API server's audit log. */
export type AuditEvent = {
  readonly auditID: string
  readonly stage: string
  readonly verb: string
  readonly requestURI: string
  readonly user: { readonly username: string; readonly groups?: readonly string[] }
  readonly impersonatedUser?: { readonly username: string; readonly groups?: readonly string[] }
  readonly objectRef?: Readonly<Record<string, string>>
  readonly responseStatus?: { readonly code?: number; readonly message?: string }
  /** Among them what webhooks said, as `<webhook>/<key>`. */
  readonly annotations?: Readonly<Record<string, string>>
}

/** All events so far; a line that is still being written is left out. */
export function readAuditLog(path: string): readonly AuditEvent[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map(line => JSON.parse(line) as AuditEvent)
}
