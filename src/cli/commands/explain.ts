import { type Command, Option } from 'commander'
import { exitCodesOf } from '../exit-codes.ts'
import type { ExplainFlags } from '../explain.ts'
import type { CliIo } from '../io.ts'
import type { Action } from './action.ts'

/** Defines `explain`, which lists the rules, all or those about something, or tells all about one. */
export function defineExplain(program: Command, io: CliIo, action: Action): void {
  program
    .command('explain')
    .description('list the rules, or tell why one is there and what to do about it')
    .argument(
      '[NAME]',
      'the id of a rule, as it stands in brackets in a message; or a setting, or a label or annotation that is declared',
    )
    .addOption(
      new Option('-o, --output <FORMAT>', 'how to print').choices(['text', 'json']).default('text'),
    )
    .addHelpText('after', `${EXAMPLES}\n\n${EXIT_CODES}`)
    .action((name: string | undefined, flags: ExplainFlags) =>
      action(import('../explain.ts').then(({ runExplain }) => runExplain(name, flags, io))),
    )
}

const EXAMPLES = `
Examples:
  migration-guard explain
  migration-guard explain post-copy-critical-data
  migration-guard explain progressTimeout`

const EXIT_CODES = exitCodesOf({ 0: 'explained', 3: 'bad input: there is no such name' })
