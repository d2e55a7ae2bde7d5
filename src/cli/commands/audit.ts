import { type Command, Option } from 'commander'
import type { AuditVerifyOptions } from '../audit-verify.ts'
import { exitCodesOf } from '../exit-codes.ts'
import type { CliIo } from '../io.ts'
import type { Action } from './action.ts'

/** Defines `audit`, for whoever has to trust the audit log. */
export function defineAudit(program: Command, io: CliIo, action: Action): void {
  const audit = program
    .command('audit')
    .description('work with the audit log')
    // The library's own would be listed with words of its own; "migration-guard help audit verify" finds it all.
    .helpCommand(false)
    .addHelpText('after', `\n${EXAMPLES}\n\n${EXIT_CODES}`)
  audit
    .command('verify')
    .description('prove that no record of an audit log was changed, removed or put in')
    .argument(
      '<FILE...>',
      'a log (its full files come with it), its folder, or - for standard input',
    )
    .addOption(
      new Option('-o, --output <FORMAT>', 'how to print').choices(['text', 'json']).default('text'),
    )
    .option('--complete', 'the files have to begin with record 1')
    .option('--head <HASH>', 'hash of a record that is known to exist, so that it was not cut off')
    .option('--last-sequence <NUMBER>', 'number of a record that is known to exist')
    .addHelpText('after', `\n${EXAMPLES}\n\n${EXIT_CODES}`)
    .action((files: readonly string[], flags: AuditVerifyOptions) =>
      action(
        import('../audit-verify.ts').then(({ runAuditVerify }) => runAuditVerify(files, flags, io)),
      ),
    )
}

const EXAMPLES = `Examples:
  migration-guard audit verify audit.jsonl
  migration-guard audit verify /var/lib/migration-guard --complete --output json`

const EXIT_CODES = exitCodesOf({
  0: 'verified',
  1: 'broken: a record was changed, removed or put in',
  3: 'bad input: the command line, a file that cannot be read or is no audit log',
})
