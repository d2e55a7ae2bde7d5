import { show } from '../core/json.ts'
import { DEFAULT_POLICY } from '../core/policy.ts'
import { compareQuantities, parseQuantity } from '../core/settings/quantity.ts'
import { parseDuration } from './duration.ts'
import type { Complaint } from './explain-errors.ts'
import { LIMITED_RULES, type PolicyDocument, settingsOf } from './policy-document.ts'
import { resolveLimits } from './resolve.ts'

const ONE_BYTE = { numerator: 1n, denominator: 1n }

/** What a schema cannot say: numbers that must fit one another, quantities, durations. */
export function checkValues(document: PolicyDocument): readonly Complaint[] {
  return [
    ...checkLimits(document),
    ...checkLinkBandwidth(document.linkBandwidth),
    ...checkMaxDuration(document.exceptions?.maxDuration),
  ]
}

function checkLimits(document: PolicyDocument): readonly Complaint[] {
  const complaints: Complaint[] = []
  for (const rule of Object.keys(LIMITED_RULES) as (keyof typeof LIMITED_RULES)[]) {
    const written = settingsOf(document, rule).limits
    const resolved = resolveLimits(document, rule)
    for (const profile of ['heavy', 'standard'] as const) {
      const { deny, warn } = resolved[profile]
      if (warn <= deny) continue
      const fallback = DEFAULT_POLICY.limits[LIMITED_RULES[rule]][profile].deny
      const hint =
        written?.[profile]?.deny === undefined
          ? `deny is left out and stays ${fallback}, so set it too or lower warn`
          : 'a warning comes before a refusal, so exchange or lower them'
      complaints.push({
        path: ['rules', rule, 'limits', profile, 'warn'],
        message: `warn (${warn}) is higher than deny (${deny}): ${hint}`,
      })
    }
  }
  return complaints
}

function checkLinkBandwidth(written: string | number | undefined): readonly Complaint[] {
  if (written === undefined) return []
  const path = ['linkBandwidth']
  const quantity = parseQuantity(String(written))
  if (!quantity) {
    const message = `${show(written)} is not a quantity; write bytes per second, such as 1250M for a 10 Gbit/s link`
    return [{ path, message }]
  }
  if (quantity.numerator <= 0n) return [{ path, message: 'must be more than 0' }]
  if (compareQuantities(quantity, ONE_BYTE) >= 0) return []
  const message = `${show(written)} is less than one byte per second; "m" means thousandths, "M" millions`
  return [{ path, message }]
}

function checkMaxDuration(written: string | undefined): readonly Complaint[] {
  if (written === undefined || parseDuration(written) !== 0) return []
  const message = `${show(written)} would refuse every exception; to have none, give nobody the right to approve them`
  return [{ path: ['exceptions', 'maxDuration'], message }]
}
