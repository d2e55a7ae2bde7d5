import type { AuditEntry, AuditSink, Receipt } from '../../../src/audit/sink.ts'
import type { Decision } from '../../../src/core/decision.ts'
import { NO_FACTS } from '../../../src/core/facts/cluster-facts.ts'
import { DEFAULT_POLICY, type Policy } from '../../../src/core/policy.ts'
import { type AnswerParts, createAnswerer, type Question } from '../../../src/server/answer.ts'
import { openRecorder } from '../../../src/server/recording/recorder.ts'
import { readYaml } from '../../../src/yaml/read-yaml.ts'
import { NOW } from '../../support/decide.ts'
import { type Response, responseIn } from './response.ts'

/** A log in memory; `fault` makes the next records fail, at once (`throws`) or later, and `busy` is waited for before. */
export function memorySink() {
  const entries: AuditEntry[] = []
  const state: { fault: Error | null; throws: boolean; busy: Promise<void> } = {
    fault: null,
    throws: false,
    busy: Promise.resolve(),
  }
  const head = () => ({ sequence: entries.length, hash: String(entries.length).padStart(64, '0') })
  const sink: AuditSink = {
    append: (entry): Receipt => {
      if (state.fault && state.throws) throw state.fault
      const { fault, busy } = state
      const durable = busy.then(() => (fault ? Promise.reject(fault) : undefined))
      if (!state.fault) entries.push(entry)
      return { ...head(), durable }
    },
    status: () => ({
      healthy: state.fault === null,
      error: state.fault?.message ?? null,
      head: head(),
      queued: 0,
    }),
    close: async () => {},
  }
  return { sink, entries, state }
}

/** An answerer over a log in memory, and everything it reported. */
export async function answerer(changes: Partial<AnswerParts> = {}, policy: Partial<Policy> = {}) {
  const log = memorySink()
  const recorder = await openRecorder({
    open: async () => log.sink,
    replica: 'guard-0',
    version: '1.2.3',
    now: () => NOW,
    configuration: {},
    observe: () => {},
  })
  const observed: Decision[] = []
  const unrecorded: Decision[] = []
  const crashes: Error[] = []
  const loaded = { hash: 'abc', source: 'policy.yaml', text: 'text' }
  const parts: AnswerParts = {
    policy: () => ({ ...loaded, policy: { ...DEFAULT_POLICY, ...policy } }),
    facts: () => NO_FACTS,
    approve: async () => new Map(),
    recorder,
    readYaml,
    now: () => NOW,
    observe: decision => observed.push(decision),
    onUnrecorded: decision => unrecorded.push(decision),
    onCrash: error => crashes.push(error),
    ...changes,
  }
  const answerer = createAnswerer(parts)
  const put = async (
    text: string,
    webhook: Question['webhook'] = 'validate',
    signal = new AbortController().signal,
  ): Promise<Response> => {
    const bytes = Buffer.from(text)
    const body = { bytes: () => bytes, size: bytes.length, refusal: null, ended: true }
    return responseIn(
      (
        await answerer.answer({
          webhook,
          contentType: 'application/json',
          body,
          peer: 'api',
          signal,
        })
      ).text,
    )
  }
  return { answerer, put, log, observed, unrecorded, crashes }
}
