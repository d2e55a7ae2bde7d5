import type { ReviewVersion } from './admission-review.ts'
import type { Decision } from './conclude.ts'
import type { Finding } from './judging/finding.ts'
import { denialMessage } from './messages/denial-message.ts'
import { fullText } from './messages/finding-text.ts'
import { toWarnings } from './messages/warnings.ts'
import type { Policy } from './policy.ts'

/** What an answer carries besides the decision. */
export type Stamps = {
  readonly now: number
  readonly policy: Policy
  readonly policyHash: string
  /** Place and hash of the audit record; null on a dry run. */
  readonly record: { readonly sequence: number; readonly hash: string } | null
  /** Warnings from outside the decision, such as an audit log that cannot be written. */
  readonly warnings?: readonly string[]
}

/** The AdmissionReview that answers a request, in the version in which it was asked. */
export function toAdmissionReview(
  apiVersion: ReviewVersion,
  decision: Decision,
  stamps: Stamps,
): object {
  return { apiVersion, kind: 'AdmissionReview', response: toAdmissionResponse(decision, stamps) }
}

function toAdmissionResponse(decision: Decision, stamps: Stamps): object {
  const { allowed, patch } = decision
  const warnings = toWarnings(decision, stamps.warnings)
  return {
    uid: decision.uid ?? '',
    allowed,
    ...(allowed ? {} : { status: toStatus(decision, stamps) }),
    ...(patch.length === 0 ? {} : { patchType: 'JSONPatch', patch: base64(JSON.stringify(patch)) }),
    ...(warnings.length === 0 ? {} : { warnings }),
    auditAnnotations: toAuditAnnotations(decision, stamps),
  }
}

// An object may hold thousands of annotations, each of them wrong; etcd would take it, a client need not read it all.
const MOST_CAUSES = 100
const MOST_EXCEPTIONS = 100

const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  403: 'Forbidden',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  500: 'InternalError',
  503: 'ServiceUnavailable',
}

function toStatus(decision: Decision, { now, policy }: Stamps): object {
  const { code, failure, findings, request } = decision
  const denials = findings.filter(({ effect }) => effect === 'deny')
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: failure?.message ?? denialMessage(findings, now, policy.exceptions.maxDurationSeconds),
    reason: REASONS[code] ?? 'Forbidden',
    details: {
      ...(request === null
        ? {}
        : { name: request.name, group: request.kind.group, kind: request.kind.kind }),
      causes: denials.slice(0, MOST_CAUSES).map(toCause),
    },
    code,
  }
}

function toCause(finding: Finding): object {
  return {
    reason: finding.rule,
    field: finding.field,
    message: `${fullText(finding)} Fix: ${finding.fix}`,
  }
}

// The keys under which the API server's own audit log keeps the decision; their values are text of bounded length.
function toAuditAnnotations({ outcome, findings }: Decision, { policyHash, record }: Stamps) {
  const rules = [...new Set(findings.map(({ rule, effect }) => `${rule}:${effect}`))]
  const excuses = findings
    .filter(({ effect }) => effect === 'excused')
    .map(({ rule, exception }) => `${rule} until ${exception?.expires}`)
  return {
    decision: outcome,
    policy: policyHash,
    ...(rules.length === 0 ? {} : { rules: rules.join(',') }),
    ...(excuses.length === 0 ? {} : { exceptions: listed([...new Set(excuses)]) }),
    ...(record === null ? {} : { record: `${record.sequence}:${record.hash}` }),
  }
}

function listed(texts: readonly string[]): string {
  const more = texts.length - MOST_EXCEPTIONS
  const shown = texts.slice(0, MOST_EXCEPTIONS)
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join(', ')
}

// btoa takes bytes as characters; the text may hold any Unicode, and be longer than a call has room for arguments.
function base64(text: string): string {
  const bytes = new TextEncoder().encode(text)
  return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''))
}
