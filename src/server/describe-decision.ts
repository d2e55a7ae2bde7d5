import type { Decision } from '../core/decision.ts'
import { printable } from '../core/json.ts'

/** A decision in one line, for people who watch the log. */
export function describeDecision(decision: Decision, seconds: number): string {
  const { webhook, request, outcome, failure } = decision
  const what =
    request === null
      ? 'a review'
      : `${request.operation} ${request.kind.kind} ${printable(nameOf(request))} by ${printable(request.userInfo.username)}`
  const why = failure === null ? reasons(decision) : `: ${failure.message}`
  return `/${webhook} ${what}: ${outcome}${why} (${(seconds * 1000).toFixed(1)} ms)`
}

function nameOf({ namespace, name }: NonNullable<Decision['request']>): string {
  return namespace === '' ? name : `${namespace}/${name}`
}

function reasons({ webhook, findings, filled, request }: Decision): string {
  // What is refused is told by the webhook that refuses.
  const rules = (webhook === 'mutate' ? [] : findings).map(
    ({ rule, effect }) => `${rule} ${effect}`,
  )
  const fields = filled.map(({ name, value }) => `${name}=${value} filled`)
  const dryRun = request?.dryRun ? ['dry run'] : []
  const all = [...new Set([...rules, ...fields, ...dryRun])]
  return all.length === 0 ? '' : `: ${all.join(', ')}`
}
