import { Command, CommanderError } from 'commander'
import { defineAudit } from './commands/audit.ts'
import { defineCerts } from './commands/certs.ts'
import { defineCheck } from './commands/check.ts'
import { defineExplain } from './commands/explain.ts'
import { defineHelp } from './commands/help.ts'
import { defineServe } from './commands/serve.ts'
import { defineTry } from './commands/try.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { explainFailure } from './explain-failure.ts'
import type { CliIo } from './io.ts'
import { VERSION } from './version.ts'

/** Runs one command line, without the names of node and the program, and answers with its exit code. */
export async function run(argv: readonly string[], io: CliIo): Promise<number> {
  let exitCode = 0
  const program = defineProgram(io)
  // Each command is loaded when it runs, so that none waits for the libraries of the others.
  const action = async (result: Promise<number>) => {
    exitCode = await result
  }
  defineServe(program, io, action)
  defineCheck(program, io, action)
  defineExplain(program, io, action)
  defineAudit(program, io, action)
  defineCerts(program, io, action)
  defineTry(program, io, action)
  defineHelp(program)
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    // Help and version end here as well, having printed themselves; what is wrong with the command line is printed too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 3
    return explainFailure(error as Error, io)
  }
}

function defineProgram(io: CliIo): Command {
  return new Command('migration-guard')
    .description('Guards the live-migration settings of KubeVirt HyperConverged resources.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help, or that of a command')
    .exitOverride()
    .configureOutput({
      writeOut: text => io.stdout.write(text),
      writeErr: text => io.stderr.write(text),
      getOutHelpWidth: () => widthOf(io.stdout.columns),
      getErrHelpWidth: () => widthOf(io.stderr.columns),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showSuggestionAfterError()
    .addHelpText('after', `\n${EXAMPLES}\n\n${exitCodeHelp()}`)
}

const EXAMPLES = `Examples:
  migration-guard check examples/manifests/parallel-20.yaml
  migration-guard explain parallel-migrations-too-high
  migration-guard serve --dev`

function exitCodeHelp(): string {
  const lines = EXIT_CODES.map(([code, meaning]) => `  ${code}  ${meaning}`)
  return ['Exit codes:', ...lines].join('\n')
}

function widthOf(columns = 80): number {
  return Math.min(columns, 100)
}
