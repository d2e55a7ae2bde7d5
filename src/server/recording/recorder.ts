import { NO_RECORD } from '../../audit/chain.ts'
import type { AuditEntry, AuditSink, Receipt, SinkStatus } from '../../audit/sink.ts'
import { toAuditRecord } from '../../core/audit-record.ts'
import type { Decision } from '../../core/decision.ts'
import type { DecisionContext } from '../../core/decision-context.ts'
import type { ClusterFacts } from '../../core/facts/cluster-facts.ts'
import type { JsonObject } from '../../core/json.ts'
import { FactsEntries } from './facts-entries.ts'

/** A policy as it was read: its text is a record too, so that the log alone suffices to replay a decision. */
export type RecordedPolicy = {
  readonly hash: string
  readonly source: string
  readonly text: string
  /** What the command line said instead of the text. */
  readonly hcoVersion?: string
}

/** What a decision rests on. */
export type Grounds = Pick<DecisionContext, 'now' | 'approvals' | 'facts'> & {
  readonly policy: RecordedPolicy
  /** Who sent the review, as far as the connection tells. */
  readonly peer: string
}

/** Writes what happens into the audit log; what cannot be written rejects `durable` and throws nothing. */
export interface Recorder {
  /** Records a decision and, before it, the policy and the facts that the log does not hold yet. */
  decision(decision: Decision, grounds: Grounds): Receipt
  policy(policy: RecordedPolicy): Receipt
  /** Writes facts out for the decisions to come, so that none of them has to wait for it; records nothing. */
  readonly prepare: (facts: ClusterFacts) => void
  status(): SinkStatus
  /** Records the end and lets go of the log. */
  close(): Promise<void>
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
  const recorder = new SinkRecorder(parts)
  await recorder.open()
  return recorder
}

class SinkRecorder implements Recorder {
  readonly #parts: RecorderParts
  readonly #factsEntries = new FactsEntries()
  #sink!: AuditSink
  /** The newest policy and facts that the log holds, or is about to. */
  #policy: AuditEntry | null = null
  #facts: AuditEntry | null = null

  constructor(parts: RecorderParts) {
    this.#parts = parts
  }

  async open(): Promise<void> {
    const { open, configuration } = this.#parts
    const held = () => [this.#policy, this.#facts].filter(entry => entry !== null)
    this.#sink = await open(() => held().map(entry => this.#stamped(entry)))
    const node = process.versions.node
    this.#append(this.#stamped({ type: 'start', node, configuration }))
  }

  policy({ hash, source, text, hcoVersion }: RecordedPolicy): Receipt {
    const override = hcoVersion === undefined ? {} : { hcoVersion }
    this.#policy = { type: 'policy', policyHash: hash, source, text, ...override }
    return this.#append(this.#stamped(this.#policy))
  }

  decision(decision: Decision, grounds: Grounds): Receipt {
    const { replica, version } = this.#parts
    const policyHash = grounds.policy.hash
    if (this.#policy?.policyHash !== policyHash) this.policy(grounds.policy)
    const facts = this.#factsEntries.for(grounds.facts, decision.request)
    const { factsHash } = facts
    if (this.#facts?.factsHash !== factsHash) {
      this.#facts = facts
      this.#append(this.#stamped(facts))
    }
    const record = { ...toAuditRecord(decision, grounds), peer: grounds.peer }
    // Not in the record of the facts: it moves while they stay the same.
    const factsAsOf = timeText(grounds.facts.asOf)
    return this.#append({ ...record, replica, version, policyHash, factsHash, factsAsOf })
  }

  readonly prepare = (facts: ClusterFacts): void => {
    this.#factsEntries.prepare(facts)
  }

  status(): SinkStatus {
    return this.#sink.status()
  }

  async close(): Promise<void> {
    this.#append(this.#stamped({ type: 'stop' }))
    await this.#sink.close()
  }

  #stamped(entry: AuditEntry): AuditEntry {
    const { replica, version, now } = this.#parts
    return { time: new Date(now()).toISOString(), replica, version, ...entry }
  }

  #append(entry: AuditEntry): Receipt {
    const receipt = tryToAppend(this.#sink, entry)
    const type = String(entry.type)
    receipt.durable.then(
      () => this.#parts.observe(type, null),
      (error: Error) => {
        // Whatever was lost with it is written again before the next decision.
        this.#policy = null
        this.#facts = null
        this.#parts.observe(type, error)
      },
    )
    return receipt
  }
}

function timeText(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}

function tryToAppend(sink: AuditSink, entry: AuditEntry): Receipt {
  try {
    return sink.append(entry)
  } catch (error) {
    return { ...NO_RECORD, durable: Promise.reject(error) }
  }
}
