import { performance } from 'node:perf_hooks'
import { toAdmissionReview } from '../core/admission-response.ts'
import type { AdmissionRequest, Failure } from '../core/admission-review.ts'
import { type Decision, decide, fail, type Webhook } from '../core/decision.ts'
import type { YamlReader } from '../core/decision-context.ts'
import { printable } from '../core/json.ts'
import type { Policy } from '../core/policy.ts'
import { askApproval } from './ask-approval.ts'
import { readReview } from './read-review.ts'
import type { ReceivedBody } from './receive-body.ts'
import type { Grounds, PolicyText, Recorder } from './recorder.ts'
import { type Envelope, recoverEnvelope } from './recover-envelope.ts'
import { withoutRecord } from './unrecorded.ts'
import type { Approver, FactsSource } from './world.ts'

/** A review as it came in at one of the webhooks. */
export type Question = {
  readonly webhook: Webhook
  readonly contentType: string | undefined
  readonly body: ReceivedBody
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** What goes back: an AdmissionReview as text, with HTTP 200 whenever it carries a uid. */
export type Answer = { readonly status: number; readonly text: string }

/** Answers reviews; neither function throws. */
export type Answerer = {
  readonly answer: (question: Question) => Promise<Answer>
  /** For what fails outside: a timeout, a body that breaks off. */
  readonly fail: (webhook: Webhook, bytes: Buffer, failure: Failure) => Answer
}

/** What an answer is made with. */
export type AnswerParts = {
  readonly policy: () => PolicyText & { readonly policy: Policy }
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

/** Makes the way from the bytes of a review to the bytes of its answer. */
export function createAnswerer(parts: AnswerParts): Answerer {
  const failWith = (envelope: Envelope, decision: Decision): Settled => {
    const now = parts.now()
    const { policy, hash } = parts.policy()
    const stamps = { now, policy, policyHash: hash, record: null }
    return {
      decision,
      answer: toAnswer(toAdmissionReview(envelope.apiVersion, decision, stamps), decision),
    }
  }
  const settle = async ({ webhook, contentType, body, signal }: Question): Promise<Settled> => {
    const review = readReview(contentType, body)
    if (review.failure !== null) return failWith(review, fail(webhook, review.uid, review.failure))
    try {
      return await judge(parts, webhook, review, signal)
    } catch (error) {
      if (!signal.aborted) parts.onCrash(error as Error, review.request)
      return failWith(review, fail(webhook, review.uid, crash(error as Error), review.request))
    }
  }
  return {
    answer: async question => {
      const start = performance.now()
      const { decision, answer } = await settle(question)
      if (!question.signal.aborted) parts.observe(decision, (performance.now() - start) / 1000)
      return answer
    },
    fail: (webhook, bytes, failure) => {
      const envelope = recoverEnvelope(bytes)
      const { decision, answer } = failWith(envelope, fail(webhook, envelope.uid, failure))
      parts.observe(decision, 0)
      return answer
    },
  }
}

async function judge(
  parts: AnswerParts,
  webhook: Webhook,
  { apiVersion, request }: Asked,
  signal: AbortSignal,
): Promise<Settled> {
  const policy = parts.policy()
  const facts = parts.facts(policy.policy)
  const approvals = await askApproval(parts.approve, request, signal)
  const now = parts.now()
  const context = { facts, policy: policy.policy, approvals, now, readYaml: parts.readYaml }
  const decision = decide(webhook, request, context)
  // Nobody waits any more, or has been answered already: what is not answered is not recorded either.
  signal.throwIfAborted()
  const stamps = { now, policy: policy.policy, policyHash: policy.hash, record: null }
  if (request.dryRun)
    return { decision, answer: toAnswer(toAdmissionReview(apiVersion, decision, stamps), decision) }
  const grounds = { now, facts, approvals, policy }
  const recorded = record(parts, decision, grounds)
  // The answer is written while the disk works.
  const review = toAdmissionReview(apiVersion, decision, { ...stamps, record: recorded.place })
  const answer = toAnswer(review, decision)
  const error = await recorded.error
  if (error === null) return { decision, answer }
  const left = withoutRecord(decision, policy.policy, error)
  parts.onUnrecorded(decision, error, grounds)
  const spoken = toAdmissionReview(apiVersion, left.decision, {
    ...stamps,
    warnings: left.warnings,
  })
  return { decision: left.decision, answer: toAnswer(spoken, left.decision) }
}

// The outcome of writing becomes a value at once: a rejection nobody awaits yet would end the process.
function record({ recorder }: AnswerParts, decision: Decision, grounds: Grounds) {
  const { sequence, hash, durable } = recorder.decision(decision, grounds)
  const error = durable.then(
    () => null,
    (reason: Error) => reason,
  )
  return { place: { sequence, hash }, error }
}

function toAnswer(review: object, { uid, failure }: Decision): Answer {
  // Without a uid the API server could not tell whose answer this is: then the status says that the call failed.
  const status = uid === null ? (failure?.code ?? 500) : 200
  return { status, text: JSON.stringify(review) }
}

function crash({ name, message }: Error): Failure {
  const what = printable(`${name}: ${message}`, 200)
  return { code: 500, message: `the guard failed on this request: ${what}` }
}
