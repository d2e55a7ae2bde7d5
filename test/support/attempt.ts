// What somebody attempts who may approve no exception, and whether it gets through. Sequences are told by their decisive step.

import t from 'tap'
import type { AdmissionRequest } from '../../src/core/admission-review.ts'
import { decide } from '../../src/core/decision.ts'
import type { DecisionContext } from '../../src/core/decision-context.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { RuleId } from '../../src/core/rules/rule-ids.ts'
import { contextOf } from './decide.ts'
import { PATCH } from './migrations-patch.ts'
import {
  exceptionText,
  hyperConverged,
  migrationPolicy,
  requestOf,
  stockOf,
  type Texts,
  type Values,
} from './review.ts'

export const STOCK = stockOf('1.20')
export const POST_COPY = { ...STOCK, allowPostCopy: true, allowWorkloadDisruption: true }
export const UNSTABLE = { 'migration-guard.io/network-stability': 'unstable' }
export const CRITICAL = { 'migration-guard.io/data': 'critical' }

export const hco = hyperConverged

/** The annotation with an exception to a rule; the defaults make it valid. */
export function exception(rule: string, changes?: Values): Texts {
  return { [`exception.migration-guard.io/${rule}`]: exceptionText(changes) }
}

/** A MigrationPolicy that selects the VMs with these labels, or nothing at all. */
export function selecting(name: string, labels: Texts | undefined, spec: Values): JsonObject {
  return migrationPolicy(name, {
    ...spec,
    selectors: labels && { virtualMachineInstanceSelector: labels },
  })
}

/** The annotation of a jsonpatch, added where the network is unstable. */
export function withPatch(text: string, settings: Values = STOCK) {
  return {
    old: hco(settings, UNSTABLE),
    object: hco(settings, { ...UNSTABLE, [PATCH]: text }),
  }
}

export type Attempt = {
  readonly operation?: 'CREATE' | 'UPDATE' | 'DELETE'
  readonly old?: JsonObject | null
  readonly object: JsonObject | null
  readonly context?: Partial<DecisionContext>
  readonly request?: Partial<AdmissionRequest>
}

/** The decision about an attempt, with the rules that refuse it. */
export function attempt({ operation, old = null, object, context, request }: Attempt) {
  const deed = operation ?? (old === null ? 'CREATE' : 'UPDATE')
  const decision = decide('validate', requestOf(deed, object, old, request), contextOf(context))
  const denied = decision.findings.filter(({ effect }) => effect === 'deny')
  return { ...decision, denied: denied.map(({ rule }) => rule) }
}

/** Tests that every one of these is refused, by its rule among others. */
export function noWayAround(ways: Readonly<Record<string, readonly [RuleId, Attempt]>>): void {
  for (const [name, [rule, way]] of Object.entries(ways))
    t.test(`no way around: ${name}`, t => {
      const { allowed, denied } = attempt(way)
      t.equal(allowed, false)
      t.ok(denied.includes(rule), `${rule} among ${denied}`)
      t.end()
    })
}

/** Tests that every one of these is let through. */
export function staysOpen(ways: Readonly<Record<string, Attempt>>): void {
  for (const [name, way] of Object.entries(ways))
    t.test(`an honest way stays open: ${name}`, t => {
      const { allowed, denied } = attempt(way)
      t.equal(allowed, true, `${denied}`)
      t.end()
    })
}
