import { type Command, Option } from 'commander'
import { defaultsFor, type OptionSpec, SERVE_OPTIONS } from '../../config/serve-options.ts'
import { exitCodesOf } from '../exit-codes.ts'
import type { CliIo } from '../io.ts'
import { type Action, collect } from './action.ts'

/** Defines `serve`, the admission webhook. Its options come from the table that its file and its schema come from. */
export function defineServe(program: Command, io: CliIo, action: Action): void {
  const serve = program
    .command('serve')
    .description('serve the admission webhook')
    .option('--config <FILE>', 'YAML file with these options, named as here')
  for (const spec of SERVE_OPTIONS) serve.addOption(toOption(spec))
  serve
    .addHelpText('after', `${HELP}\n\n${EXIT_CODES}`)
    .action((flags: Readonly<Record<string, unknown>>) =>
      action(import('../serve.ts').then(({ runServe }) => runServe(flags, io))),
    )
}

const HELP = `
An option wins over its environment variable (MIGRATION_GUARD_PORT for --port),
and that over the file of --config.

Examples:
  migration-guard serve --dev
  migration-guard serve --tls-dir /tls --policy policy.yaml --audit-file /audit/log.jsonl`

const EXIT_CODES = exitCodesOf({
  0: 'ended when it was asked to',
  1: 'ended after a fault',
  3: 'bad input: an option, a file or a port that cannot be used',
})

// What is not given must stay unset, for the environment and the file to be asked.
function toOption({ name, argument, hint, schema }: OptionSpec): Option {
  const flags = argument === undefined ? `--${name}` : `--${name} <${argument}>`
  const option = new Option(flags, hint)
  const value = Reflect.get(defaultsFor(false, 'the host name'), option.attributeName())
  if (typeof value === 'string' || typeof value === 'number')
    option.description = `${hint} (default: ${value})`
  return schema.type === 'array' ? option.argParser(collect) : option
}
