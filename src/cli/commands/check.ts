import { type Command, Option } from 'commander'
import type { CheckFlags } from '../check/check-options.ts'
import { OUTPUT_FORMATS } from '../check/output/outputter.ts'
import { exitCodesOf } from '../exit-codes.ts'
import type { CliIo } from '../io.ts'
import { type Action, collect } from './action.ts'

/** Defines `check`, which judges manifests before they reach a cluster. */
export function defineCheck(program: Command, io: CliIo, action: Action): void {
  program
    .command('check')
    .description('judge manifests and recorded AdmissionReviews without a cluster')
    .argument(
      '<FILE...>',
      'YAML or JSON files, folders (dot folders in them are left out), or - for standard input',
    )
    .option('--old <FILE>', 'what was there before: judge as UPDATE of its objects')
    .option('--policy <FILE>', 'policy file of the guard (MIGRATION_GUARD_POLICY)')
    .option('--facts <FILE>', 'objects of the cluster, a file or folder (MIGRATION_GUARD_FACTS)')
    .option(
      '--hco-version <X.Y>',
      'version of HCO or OpenShift Virtualization there (MIGRATION_GUARD_HCO_VERSION)',
    )
    .option('--user <NAME>', 'who applies the manifests (MIGRATION_GUARD_USER)')
    .option(
      '--approver <NAME>',
      'who may approve exceptions; repeatable (MIGRATION_GUARD_APPROVER)',
      collect,
    )
    .option(
      '--fix',
      'write what would be filled (post copy only with --facts), and plain corrections',
    )
    .addOption(
      new Option('-o, --output <FORMAT>', 'how to report').choices(OUTPUT_FORMATS).default('table'),
    )
    .option('--strict', 'exit with 2 when there are warnings')
    .option('-q, --quiet', 'show only what fails the run')
    .option('--now <TIME>', 'the time that exceptions are judged at, for runs that repeat')
    .addHelpText('after', `${HELP}\n\n${EXIT_CODES}`)
    .action((paths: readonly string[], flags: CheckFlags) =>
      action(import('../check/check.ts').then(({ runCheck }) => runCheck(paths, flags, io))),
    )
}

const HELP = `
Every setting in a manifest is its author's; what it leaves out is filled as the
cluster would fill it. All objects of a run are taken for one cluster: networks,
VMs and namespaces beside a HyperConverged are known, others may exist all the
same. Kinds that tell nothing are skipped.

Examples:
  migration-guard check hyperconverged.yaml
  migration-guard check clusters/prod --policy policy.yaml --strict
  oc get hco -n openshift-cnv -o yaml | migration-guard check - --hco-version 1.17
  oc get net-attach-def,vmi,ns,migrationpolicy -A -o yaml > facts.yaml
  migration-guard check hyperconverged.yaml --facts facts.yaml
  git show HEAD~1:hco.yaml | migration-guard check hco.yaml --old -
  migration-guard check clusters --output sarif > migration-guard.sarif
  migration-guard check hyperconverged.yaml --fix`

const EXIT_CODES = exitCodesOf({
  0: 'clean',
  1: 'denied',
  2: 'warnings, with --strict',
  3: 'bad input that cannot be judged, which outranks 1',
})
