import type { Enforcement, Policy } from '../policy.ts'
import { CATALOGUE, RULES } from '../rules/catalogue.ts'
import type { Rule } from '../rules/rule.ts'
import type { RuleId } from '../rules/rule-ids.ts'
import { boundsOf, keyOf, type Violation } from '../rules/violation.ts'
import type { Subject } from './subject.ts'

/** What the policy does about a rule. */
export function enforcementOf(rule: RuleId, policy: Policy): Enforcement {
  return policy.enforcement[rule] ?? CATALOGUE[rule].enforcement
}

// Advice about a value that is refused because it is none would only hide that, and a patch that is refused as a whole does
// nothing that would be worth a word.
function isBesideThePoint(
  { rule, setting }: Violation,
  { invalid, override, policy }: Subject,
): boolean {
  if (enforcementOf('invalid-value', policy) !== 'deny') return false
  if (rule === 'json-patch-override') return override !== null && override.problem !== null
  return (
    enforcementOf(rule, policy) !== 'deny' &&
    invalid.some(({ name }) => name !== null && name === setting)
  )
}

/**
 * Runs every rule over every reading of the settings and returns all violations, in the order of the catalogue.
 *
 * A violation that several readings share is reported once, where it is worst.
 */
export function runRules(subjects: readonly Subject[]): readonly Violation[] {
  const [first] = subjects
  if (first === undefined) return []
  const violations = new Map<string, Violation>()
  for (const rule of rulesFor(first))
    for (const subject of subjects)
      for (const bare of rule.check(subject)) {
        const violation = { rule: rule.id, ...bare }
        if (isBesideThePoint(violation, subject)) continue
        const key = keyOf(violation)
        const known = violations.get(key)
        violations.set(key, known ? worseOf(known, violation) : violation)
      }
  return [...violations.values()]
}

function worseOf(known: Violation, violation: Violation): Violation {
  const [worse, other] =
    (violation.severity ?? 0) > (known.severity ?? 0) ? [violation, known] : [known, violation]
  const { coveredWith, ...rest } = worse
  return {
    ...rest,
    // What takes effect may be any reading, so it must be so in all of them.
    ...(coveredWith &&
      other.coveredWith && { coveredWith: [...coveredWith, ...other.coveredWith] }),
    otherBounds: [...(worse.otherBounds ?? []), ...boundsOf(other)],
  }
}

const byPolicy = new WeakMap<Policy, Partial<Record<Subject['kind'], readonly Rule[]>>>()

// The rules that a policy runs on a kind, found once for each policy. All readings of a request are of one kind and policy.
function rulesFor({ kind, policy }: Subject): readonly Rule[] {
  const known = byPolicy.get(policy) ?? {}
  byPolicy.set(policy, known)
  known[kind] ??= RULES.filter(
    rule => rule.kinds.includes(kind) && enforcementOf(rule.id, policy) !== 'off',
  )
  return known[kind]
}
