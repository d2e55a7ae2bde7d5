import { EXCEPTION_PREFIX } from '../core/annotations.ts'
import { RULES } from '../core/rules/catalogue.ts'
import type { Rule } from '../core/rules/rule.ts'

/** The text of docs/rules.md: a table of every rule, and a section on each, in the order of the catalogue. */
export function rulesPage(rules: readonly Rule[] = RULES): string {
  return `${[INTRODUCTION, tableOf(rules), ...rules.map(section)].join('\n\n')}\n`
}

const INTRODUCTION = `<!-- Generated from src/core/rules by "npm run docs". Change the rule, not this page. -->

# Rules

All rules run on every request, and everything that is wrong is reported at once. What a violation leads to is set for each
rule in the policy: \`deny\` refuses the request, \`warn\` shows a warning, \`audit\` only records it, \`off\` does not look. A
request is refused only for what it introduces or makes worse ([how it decides](how-it-decides.md)). Networks, data and
workloads count as what they are [declared](declare.md) to be. The same texts are in
\`migration-guard explain RULE\`; \`migration-guard explain SETTING\` lists the rules about a setting.`

function tableOf(rules: readonly Rule[]): string {
  const rows = rules.map(
    ({ id, enforcement, title, waivable }) =>
      `| [\`${id}\`](#${id}) | ${enforcement} | ${title} | ${waivable ? 'yes' : 'no'} |`,
  )
  return ['| rule | default | what is wrong | by exception |', '|---|---|---|---|', ...rows].join(
    '\n',
  )
}

function section({
  id,
  title,
  enforcement,
  kinds,
  trips,
  rationale,
  source,
  remedy,
  waivable,
}: Rule): string {
  const waiver = waivable
    ? `by annotation \`${EXCEPTION_PREFIX}${id}\` ([exceptions](exceptions.md))`
    : 'none'
  return `## ${id}

**${title}.** Default: \`${enforcement}\`. Judged on: ${kinds.join(', ')}.

- **Trips when:** ${trips}.
- **Why:** ${rationale}
- **Remedy:** ${remedy}
- **Exception:** ${waiver}.
- **Source:** ${source}.`
}
