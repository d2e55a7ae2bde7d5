import { hash as digest } from 'node:crypto'
import { canonicalJson } from '../../audit/canonical-json.ts'
import type { AuditEntry } from '../../audit/sink.ts'
import type { AdmissionRequest } from '../../core/admission-review.ts'
import type { ClusterFacts } from '../../core/facts/cluster-facts.ts'
import {
  readMigrationPolicy,
  type SelectorKeys,
  selectorKeys,
} from '../../core/facts/migration-policy.ts'
import { MIGRATIONS_GROUP } from '../../core/scope.ts'
import { toFactsDocument } from './facts-document.ts'

type Written = {
  readonly facts: ClusterFacts
  readonly keys: SelectorKeys
  readonly entry: AuditEntry
}

/**
 * The records of facts, each written out and hashed once, whatever the age of the facts: those of a large cluster are
 * long, so this is done when they change and not when a request comes.
 */
export class FactsEntries {
  #usual: Written | null = null
  #wider: Written | null = null

  /** The record of facts for whatever is asked; ready at once after the first call for the same facts. */
  prepare(facts: ClusterFacts): AuditEntry {
    return this.#written(facts).entry
  }

  /**
   * The record for a request: one that brings a MigrationPolicy with selectors of its own is judged by labels that no
   * policy selected on before, so that its facts hold these, too.
   */
  for(facts: ClusterFacts, request: AdmissionRequest | null): AuditEntry {
    const usual = this.#written(facts)
    if (request?.kind.group !== MIGRATIONS_GROUP) return usual.entry
    const asked = [request.object, request.oldObject].filter(object => object !== null)
    const keys = selectorKeys([...facts.migrationPolicies, ...asked.map(readMigrationPolicy)])
    if (isSame(keys, usual.keys)) return usual.entry
    const last = this.#wider
    if (last === null || !isSameButAge(last.facts, facts) || !isSame(last.keys, keys))
      this.#wider = write(facts, keys)
    return (this.#wider as Written).entry
  }

  #written(facts: ClusterFacts): Written {
    if (this.#usual === null || !isSameButAge(this.#usual.facts, facts)) {
      this.#usual = write(facts, selectorKeys(facts.migrationPolicies))
      this.#wider = null
    }
    return this.#usual
  }
}

function write(facts: ClusterFacts, keys: SelectorKeys): Written {
  const document = toFactsDocument(facts, keys)
  const factsHash = digest('sha256', canonicalJson(document))
  return { facts, keys, entry: { type: 'facts', factsHash, facts: document } }
}

function isSame(left: SelectorKeys, right: SelectorKeys): boolean {
  const same = (one: ReadonlySet<string>, other: ReadonlySet<string>) =>
    one.size === other.size && [...one].every(key => other.has(key))
  return (
    same(left.namespace, right.namespace) &&
    same(left.virtualMachineInstance, right.virtualMachineInstance)
  )
}

function isSameButAge(left: ClusterFacts, right: ClusterFacts): boolean {
  const names = Object.keys(right) as (keyof ClusterFacts)[]
  return left === right || names.every(name => name === 'asOf' || left[name] === right[name])
}
