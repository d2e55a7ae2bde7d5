import { type Command, Option } from 'commander'
import type { CertsOptions } from '../certs/certs-options.ts'
import { exitCodesOf } from '../exit-codes.ts'
import type { CliIo } from '../io.ts'
import { type Action, collect } from './action.ts'

/** Defines `certs`, which makes the certificates of the webhook. The defaults are in certs/certs-options.ts. */
export function defineCerts(program: Command, io: CliIo, action: Action): void {
  program
    .command('certs')
    .description('make, renew or print the certificates of the webhook')
    .option('--out <DIR>', 'folder to write to (default: certs)')
    .option('--service <NAME>', 'Service of the webhook (default: hco-migration-guard)')
    .option('--namespace <NAME>', 'its namespace (default: hco-migration-guard)')
    .option('--host <NAME>', 'further name that it is reached by; repeatable', collect)
    .option('--ip <ADDRESS>', 'address that it is reached by; repeatable', collect)
    .option('--days <NUMBER>', 'how long the serving certificate is valid (default: 365)')
    .option('--ca <FILE>', 'sign with this CA instead of a new one; needs --ca-key')
    .option('--ca-key <FILE>', 'key of the CA')
    .option('--keep-ca-key', 'write the key of the new CA as well, to renew with it')
    .option('--force', 'write over what is there')
    .addOption(
      new Option('--print <WHAT>', 'print this, after making what is missing').choices([
        'ca-bundle',
        'secret',
        'all',
      ]),
    )
    .addHelpText('after', `${EXAMPLES}\n\n${EXIT_CODES}`)
    .action((flags: Partial<CertsOptions>) =>
      action(import('../certs/certs.ts').then(async ({ runCerts }) => runCerts(flags, io))),
    )
}

const EXAMPLES = `
Examples:
  migration-guard certs --host localhost --ip 127.0.0.1
  migration-guard certs --print secret | kubectl apply --server-side -f -
  migration-guard certs --print ca-bundle`

const EXIT_CODES = exitCodesOf({
  0: 'made, or printed',
  3: 'bad input: the command line, a file that is in the way or cannot be read or written',
})
