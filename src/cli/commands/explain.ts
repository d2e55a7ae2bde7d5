import { type Command, Option } from 'commander'
import { exitCodesOf } from '../exit-codes.ts'
import type { ExplainFlags } from '../explain.ts'
import type { CliIo } from '../io.ts'
import type { Action } from './action.ts'

/** Defines `explain`, which lists the rules or tells all about one. */
export function defineExplain(program: Command, io: CliIo, action: Action): void {
  program
    .command('explain')
    .description('list the rules, or tell why one is there and what to do about it')
    .argument('[RULE]', 'the id of a rule, as it stands in brackets in a message')
    .addOption(
      new Option('-o, --output <FORMAT>', 'how to print').choices(['text', 'json']).default('text'),
    )
    .addHelpText('after', `${EXAMPLES}\n\n${EXIT_CODES}`)
    .action((rule: string | undefined, flags: ExplainFlags) =>
      action(import('../explain.ts').then(({ runExplain }) => runExplain(rule, flags, io))),
    )
}

const EXAMPLES = `
Examples:
  migration-guard explain
  migration-guard explain post-copy-critical-data`

const EXIT_CODES = exitCodesOf({ 0: 'explained', 3: 'bad input: there is no such rule' })
