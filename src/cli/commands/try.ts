import { type Command, Option } from 'commander'
import { ERAS } from '../../control-plane/crds/eras.ts'
import type { CliIo } from '../io.ts'
import type { TryFlags } from '../try.ts'
import type { Action } from './action.ts'

/** Defines `try`, the guard in front of an API server of its own, for those without a cluster. */
export function defineTry(program: Command, io: CliIo, action: Action): void {
  program
    .command('try')
    .description('try it without a cluster: an API server of its own, and six commands')
    .addOption(
      new Option('--era <RELEASE>', 'HCO release whose CRD is installed')
        .choices(ERAS)
        .default(ERAS.at(-1)),
    )
    .option('--demo', 'run the commands and show what they print')
    .option('--audit-file <FILE>', 'keep the audit log here')
    .addHelpText('after', HELP)
    .action((flags: TryFlags) =>
      action(import('../try.ts').then(({ runTry }) => runTry(flags, io))),
    )
}

const HELP = `
Takes kube-apiserver, etcd and kubectl from KUBEBUILDER_ASSETS, else builds them
with Go, once; that takes minutes. All of it listens on 127.0.0.1 only, and is
gone when it ends.

Examples:
  migration-guard try
  migration-guard try --era 1.14 --demo`
