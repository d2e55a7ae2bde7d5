import type { Enforcement, Policy } from './policy.ts'
import type { RuleId } from './rule-ids.ts'
import { CATALOGUE, RULES } from './rules/catalogue.ts'
import type { Subject } from './subject.ts'
import { keyOf, type Violation } from './violation.ts'

/** What the policy does about a rule. */
export function enforcementOf(rule: RuleId, policy: Policy): Enforcement {
  return policy.enforcement[rule] ?? CATALOGUE[rule].enforcement
}

// Advice about a value that is refused because it is none would only hide that.
function isBesideThePoint({ rule, setting }: Violation, { invalid, policy }: Subject): boolean {
  return (
    enforcementOf(rule, policy) !== 'deny' &&
    invalid.some(({ name }) => name !== null && name === setting) &&
    enforcementOf('invalid-value', policy) === 'deny'
  )
}

/**
 * Runs every rule over every reading of the settings and returns all violations, in the order of the catalogue.
 *
 * A violation that several readings share is reported once, where it is worst.
 */
export function runRules(subjects: readonly Subject[]): readonly Violation[] {
  const violations = new Map<string, Violation>()
  for (const rule of RULES)
    for (const subject of subjects) {
      if (!rule.kinds.includes(subject.kind) || enforcementOf(rule.id, subject.policy) === 'off')
        continue
      for (const bare of rule.check(subject)) {
        const violation = { rule: rule.id, ...bare }
        if (isBesideThePoint(violation, subject)) continue
        const known = violations.get(keyOf(violation))
        if (!known || (violation.severity ?? 0) > (known.severity ?? 0))
          violations.set(keyOf(violation), violation)
      }
    }
  return [...violations.values()]
}
