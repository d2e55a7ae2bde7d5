import { readFileSync } from 'node:fs'
import { type ParsedReview, parseAdmissionReview } from '../../src/core/admission-review.ts'
import type { Decision } from '../../src/core/decision.ts'
import type { DecisionContext } from '../../src/core/decision-context.ts'
import { NO_FACTS } from '../../src/core/facts/cluster-facts.ts'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import { readYaml } from '../../src/yaml/read-yaml.ts'

/** The moment at which the tests judge. */
export const NOW = Date.parse('2026-11-23T12:00:00Z')

/** A context without a cluster, under the default policy, in which nobody may approve anything. */
export function contextOf(changes: Partial<DecisionContext> = {}): DecisionContext {
  return {
    facts: NO_FACTS,
    policy: DEFAULT_POLICY,
    approvals: new Map(),
    now: NOW,
    readYaml,
    ...changes,
  }
}

/** One of the reviews recorded from a real API server, such as `1.20-v1/create-empty`. */
export function recordedReview(name: string): unknown {
  const file = new URL(`../fixtures/admission-reviews/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** The request in a review; throws where the review is none. */
export function requestIn(review: unknown): NonNullable<ParsedReview['request']> {
  const { request, failure } = parseAdmissionReview(review)
  if (request === null) throw new Error(failure.message)
  return request
}

/** What the notes of a decision say. */
export function notesOf({ notes }: Pick<Decision, 'notes'>): readonly string[] {
  return notes.map(({ text }) => text)
}
