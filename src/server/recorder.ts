import { hash as digest } from 'node:crypto'
import { canonicalJson } from '../audit/canonical-json.ts'
import { NO_RECORD } from '../audit/chain.ts'
import type { AuditEntry, AuditSink, Receipt, SinkStatus } from '../audit/sink.ts'
import { toAuditRecord } from '../core/audit-record.ts'
import type { ClusterFacts } from '../core/cluster-facts.ts'
import type { Decision } from '../core/decision.ts'
import type { DecisionContext } from '../core/decision-context.ts'
import type { JsonObject } from '../core/json.ts'
import { toFactsDocument } from './facts-document.ts'

/** A policy as it was read: its text is a record too, so that the log alone suffices to replay a decision. */
export type PolicyText = {
  readonly hash: string
  readonly source: string
  readonly text: string
  /** What the command line said instead of the text. */
  readonly hcoVersion?: string
}

/** What a decision rests on. */
export type Grounds = Pick<DecisionContext, 'now' | 'approvals' | 'facts'> & {
  readonly policy: PolicyText
}

/** Writes what happens into the audit log; what cannot be written rejects `durable` and throws nothing. */
export type Recorder = {
  /** Records a decision and, before it, the policy and the facts that the log does not hold yet. */
  readonly decision: (decision: Decision, grounds: Grounds) => Receipt
  readonly policy: (policy: PolicyText) => Receipt
  readonly status: () => SinkStatus
  /** Records the end and lets go of the log. */
  readonly close: () => Promise<void>
}

export type RecorderParts = {
  /** Opens the log; a new file of it begins with what the function returns. */
  readonly open: (preamble: () => readonly AuditEntry[]) => Promise<AuditSink>
  readonly replica: string
  readonly version: string
  readonly now: () => number
  /** What the first record says of how the program was started. */
  readonly configuration: JsonObject
  /** Told of each record that has become durable, and of each that has not, with the reason. */
  readonly observe: (type: string, error: Error | null) => void
}

/** Opens the log of one replica and records the start of the program. */
export async function openRecorder(parts: RecorderParts): Promise<Recorder> {
  const { replica, version, now } = parts
  const held = { policy: null as AuditEntry | null, facts: null as AuditEntry | null }
  const stamped = (entry: AuditEntry): AuditEntry => ({
    time: new Date(now()).toISOString(),
    replica,
    version,
    ...entry,
  })
  const preamble = () => [held.policy, held.facts].filter(entry => entry !== null).map(stamped)
  const sink = await parts.open(preamble)
  const append = (entry: AuditEntry): Receipt => {
    const receipt = tryToAppend(sink, entry)
    receipt.durable.then(
      () => parts.observe(String(entry.type), null),
      (error: Error) => {
        // Whatever was lost with it is written again before the next decision.
        held.policy = null
        held.facts = null
        parts.observe(String(entry.type), error)
      },
    )
    return receipt
  }
  const policy = ({ hash, source, text, hcoVersion }: PolicyText) => {
    const override = hcoVersion === undefined ? {} : { hcoVersion }
    held.policy = { type: 'policy', policyHash: hash, source, text, ...override }
    return append(stamped(held.policy))
  }
  const factsEntry = factsEntries()
  append(
    stamped({ type: 'start', node: process.versions.node, configuration: parts.configuration }),
  )
  return {
    policy,
    decision: (decision, grounds) => {
      if (held.policy?.policyHash !== grounds.policy.hash) policy(grounds.policy)
      const facts = factsEntry(grounds.facts)
      if (held.facts?.factsHash !== facts.factsHash) {
        held.facts = facts
        append(stamped(facts))
      }
      return append({
        ...toAuditRecord(decision, grounds),
        replica,
        version,
        policyHash: grounds.policy.hash,
        factsHash: facts.factsHash,
      })
    },
    status: () => sink.status(),
    close: async () => {
      append(stamped({ type: 'stop' }))
      await sink.close()
    },
  }
}

function tryToAppend(sink: AuditSink, entry: AuditEntry): Receipt {
  try {
    return sink.append(entry)
  } catch (error) {
    return { ...NO_RECORD, durable: Promise.reject(error) }
  }
}

// The facts of a large cluster are long: they are written out and hashed once for each value, whatever their age.
function factsEntries(): (facts: ClusterFacts) => AuditEntry {
  let last: { readonly facts: ClusterFacts; readonly entry: AuditEntry } | null = null
  return facts => {
    if (last === null || !isSameButAge(last.facts, facts)) {
      const document = toFactsDocument(facts)
      const factsHash = digest('sha256', canonicalJson(document))
      last = { facts, entry: { type: 'facts', factsHash, facts: document } }
    }
    return last.entry
  }
}

function isSameButAge(left: ClusterFacts, right: ClusterFacts): boolean {
  const names = Object.keys(right) as (keyof ClusterFacts)[]
  return left === right || names.every(name => name === 'asOf' || left[name] === right[name])
}
