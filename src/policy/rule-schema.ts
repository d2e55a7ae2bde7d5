import { DEFAULT_POLICY } from '../core/policy.ts'
import { CATALOGUE } from '../core/rules/catalogue.ts'
import { RULE_IDS, type RuleId } from '../core/rules/rule-ids.ts'
import { LIMITED_RULES } from './policy-document.ts'

/** A part of a JSON Schema. */
export type JsonSchema = { readonly [keyword: string]: unknown }

const ENFORCEMENT: JsonSchema = {
  title: 'enforcement',
  description:
    '`deny` refuses the request, `warn` shows a warning, `audit` only records, `off` does not look.',
  enum: ['deny', 'warn', 'audit', 'off'],
}

const DEFAULTS_KEPT = 'Limits that are left out keep their defaults.'

/** The schema of `rules`: an entry is an enforcement, or a mapping where a rule has more to set. */
export const RULES_SCHEMA: JsonSchema = {
  description:
    'How each rule is enforced. A rule that is left out keeps its default. Give the enforcement alone, or a mapping with `enforcement` and, where a rule has them, `limits`.',
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(RULE_IDS.map(rule => [rule, entrySchema(rule)])),
}

function entrySchema(rule: RuleId): JsonSchema {
  return {
    description: describe(rule),
    anyOf: [
      ENFORCEMENT,
      {
        type: 'object',
        additionalProperties: false,
        properties: { enforcement: ENFORCEMENT, ...limitsProperty(rule) },
      },
    ],
  }
}

// What an editor shows beside each rule, from the rule itself.
function describe(rule: RuleId): string {
  const { title, trips, enforcement } = CATALOGUE[rule]
  return `${title}. Trips when ${trips}. Default: ${enforcement}.`
}

function limitsProperty(rule: RuleId): JsonSchema {
  if (!isLimited(rule)) return {}
  const field = LIMITED_RULES[rule]
  const { heavy, standard } = DEFAULT_POLICY.limits[field]
  const properties = {
    heavy: limitsSchema('heavy', heavy),
    standard: limitsSchema('standard', standard),
  }
  const description = `Highest values of ${field}, by profile. ${DEFAULTS_KEPT}`
  return { limits: { description, type: 'object', additionalProperties: false, properties } }
}

function limitsSchema(profile: string, defaults: { deny: number; warn: number }): JsonSchema {
  return {
    description: `Limits while the profile is ${profile}. ${DEFAULTS_KEPT}`,
    type: 'object',
    additionalProperties: false,
    properties: {
      deny: limitSchema('Above this number the rule is enforced.', defaults.deny),
      warn: limitSchema(
        'Above this number there is a warning. Not higher than `deny`; left out, it follows a lower `deny` down.',
        defaults.warn,
      ),
    },
  }
}

// The fields are int32 in the CRD.
function limitSchema(what: string, fallback: number): JsonSchema {
  const description = `${what} Default: ${fallback}.`
  return { description, type: 'integer', minimum: 1, maximum: 2 ** 31 - 1, default: fallback }
}

function isLimited(rule: RuleId): rule is keyof typeof LIMITED_RULES {
  return Object.hasOwn(LIMITED_RULES, rule)
}
