import { performance } from 'node:perf_hooks'
import type { Head } from '../audit/chain.ts'
import { toAdmissionReview } from '../core/admission-response.ts'
import type { AdmissionRequest, Failure } from '../core/admission-review.ts'
import { type Decision, decide, fail, type Webhook } from '../core/decision.ts'
import type { YamlReader } from '../core/decision-context.ts'
import { NO_FACTS } from '../core/facts/cluster-facts.ts'
import { printable } from '../core/json.ts'
import type { Policy } from '../core/policy.ts'
import type { Approver } from '../facts/approver.ts'
import type { FactsSource } from '../facts/facts-source.ts'
import { askApproval } from './grounds/ask-approval.ts'
import { createDepartingPolicies, type DepartingPolicies } from './grounds/departing-policies.ts'
import type { Grounds, RecordedPolicy, Recorder } from './recording/recorder.ts'
import { withoutRecord } from './recording/unrecorded.ts'
import { readReview } from './reviews/read-review.ts'
import type { ReceivedBody } from './reviews/receive-body.ts'
import { type Envelope, recoverEnvelope } from './reviews/recover-envelope.ts'

/** A review as it came in at one of the webhooks. */
export type Question = {
  readonly webhook: Webhook
  readonly contentType: string | undefined
  readonly body: ReceivedBody
  /** Who sent it, as far as the connection tells. */
  readonly peer: string
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** What goes back: an AdmissionReview as text, with HTTP 200 whenever it carries a uid. */
export type Answer = { readonly status: number; readonly text: string }

/** Answers reviews; neither function throws. */
export type Answerer = {
  readonly answer: (question: Question) => Promise<Answer>
  /** For what fails outside: a timeout, a body that breaks off. */
  readonly fail: (webhook: Webhook, bytes: Buffer, failure: Failure, peer: string) => Answer
}

/** What an answer is made with. */
export type AnswerParts = {
  readonly policy: () => RecordedPolicy & { readonly policy: Policy }
  readonly facts: FactsSource['facts']
  readonly approve: Approver
  readonly recorder: Pick<Recorder, 'decision'>
  readonly readYaml: YamlReader
  readonly now: () => number
  /** Sees every answered decision, for metrics and the log. */
  readonly observe: (decision: Decision, seconds: number) => void
  /** Gets a decision that had to go out without a record in the audit log. */
  readonly onUnrecorded: (decision: Decision, error: Error, grounds: Grounds) => void
  /** Gets what should never happen, with the request that made it happen. */
  readonly onCrash: (error: Error, request: AdmissionRequest) => void
}

type Settled = { readonly decision: Decision; readonly answer: Answer }
type Asked = Envelope & { readonly request: AdmissionRequest }
type Ground = Grounds & { readonly policy: RecordedPolicy & { readonly policy: Policy } }

/** Makes the way from the bytes of a review to the bytes of its answer. */
export function createAnswerer(parts: AnswerParts): Answerer {
  const departing = createDepartingPolicies()
  const settle = async (question: Question): Promise<Settled> => {
    const { webhook, contentType, body, signal, peer } = question
    const review = readReview(contentType, body)
    if (review.failure !== null)
      return settleFailure(parts, review, fail(webhook, review.uid, review.failure), peer)
    try {
      return await judge(parts, departing, question, review)
    } catch (error) {
      if (!signal.aborted) parts.onCrash(error as Error, review.request)
      const decision = fail(webhook, review.uid, crash(error as Error), review.request)
      // What nobody waits for any more is recorded by whoever gave up, with the answer that was given.
      if (signal.aborted)
        return { decision, answer: write(review.apiVersion, decision, groundOf(parts, peer), null) }
      return settleFailure(parts, review, decision, peer)
    }
  }
  return {
    answer: async question => {
      const start = performance.now()
      const { decision, answer } = await settle(question)
      if (!question.signal.aborted) parts.observe(decision, (performance.now() - start) / 1000)
      return answer
    },
    fail: (webhook, bytes, failure, peer) => {
      const envelope = recoverEnvelope(bytes)
      const decision = fail(webhook, envelope.uid, failure)
      parts.observe(decision, 0)
      // Not waited for: the disk may be what took too long.
      return startFailure(parts, envelope, decision, peer).answer
    },
  }
}

async function judge(
  parts: AnswerParts,
  departing: DepartingPolicies,
  { webhook, signal, peer }: Question,
  { apiVersion, request }: Asked,
): Promise<Settled> {
  const policy = parts.policy()
  const approvals = await askApproval(parts.approve, request, signal)
  const now = parts.now()
  const known = parts.facts(policy.policy)
  const facts = departing.apply(known, now)
  const ground = { policy, facts, approvals, now, peer }
  const context = { ...ground, policy: policy.policy, readYaml: parts.readYaml }
  const decision = decide(webhook, request, context)
  // Nobody waits any more, or has been answered already: what is not answered is not recorded either.
  signal.throwIfAborted()
  const forget = departing.observe(decision, known, now)
  if (request.dryRun) return { decision, answer: write(apiVersion, decision, ground, null) }
  const recorded = record(parts, decision, ground)
  // The answer is written while the disk works.
  const answer = write(apiVersion, decision, ground, recorded.place)
  const error = await recorded.error
  // Whoever gave up meanwhile was told that it is refused.
  if (signal.aborted) forget()
  if (error === null) return { decision, answer }
  const left = withoutRecord(decision, policy.policy, error)
  if (!left.decision.allowed) forget()
  return {
    decision: left.decision,
    answer: write(apiVersion, left.decision, ground, null, left.warnings),
  }
}

/** A refusal for want of a judgement is a decision as well: the log tells of it, and of one that came too late. */
async function settleFailure(
  parts: AnswerParts,
  envelope: Envelope,
  decision: Decision,
  peer: string,
): Promise<Settled> {
  const { answer, recorded } = startFailure(parts, envelope, decision, peer)
  await recorded
  return { decision, answer }
}

function startFailure(
  parts: AnswerParts,
  { apiVersion, uid }: Envelope,
  decision: Decision,
  peer: string,
) {
  const ground = groundOf(parts, peer)
  // Without a uid it answers nobody, and anybody may send such bytes.
  const recorded = uid === null ? null : record(parts, decision, ground)
  const answer = write(apiVersion, decision, ground, recorded?.place ?? null)
  return { answer, recorded: recorded?.error }
}

// What a failure rests on. The facts may be what failed.
function groundOf({ policy, facts, now }: AnswerParts, peer: string): Ground {
  const current = policy()
  const common = { policy: current, approvals: new Map(), now: now(), peer }
  try {
    return { ...common, facts: facts(current.policy) }
  } catch {
    return { ...common, facts: NO_FACTS }
  }
}

// The outcome of writing becomes a value at once: a rejection nobody awaits yet would end the process.
function record(
  { recorder, onUnrecorded }: AnswerParts,
  decision: Decision,
  ground: Ground,
): { readonly place: Head; readonly error: Promise<Error | null> } {
  const { sequence, hash, durable } = recorder.decision(decision, ground)
  const error = durable.then(
    () => null,
    (reason: Error) => {
      onUnrecorded(decision, reason, ground)
      return reason
    },
  )
  return { place: { sequence, hash }, error }
}

function write(
  apiVersion: Envelope['apiVersion'],
  decision: Decision,
  { now, policy }: Ground,
  place: Head | null,
  warnings: readonly string[] = [],
): Answer {
  const stamps = { now, policy: policy.policy, policyHash: policy.hash, record: place, warnings }
  // Without a uid the API server could not tell whose answer this is: then the status says that the call failed.
  const status = decision.uid === null ? (decision.failure?.code ?? 500) : 200
  return { status, text: JSON.stringify(toAdmissionReview(apiVersion, decision, stamps)) }
}

function crash({ name, message }: Error): Failure {
  const what = printable(`${name}: ${message}`, 200)
  return { code: 500, message: `the guard failed on this request: ${what}` }
}
