import type { ExitCode } from '../exit-codes.ts'
import type { CliIo, Output } from '../io.ts'
import { VERSION } from '../version.ts'
import { type CheckedFiles, checkFiles } from './check-files.ts'
import { type CheckFlags, type CheckOptions, readCheckOptions } from './check-options.ts'
import { fixFiles } from './fix/fix-files.ts'
import { type InputFiles, readInputFiles } from './input-files.ts'
import { OUTPUTTERS, type Style } from './output/outputter.ts'
import { kindsText } from './output/words.ts'
import {
  type CheckReport,
  exitCodeOf,
  type FixedFile,
  type KindCount,
  type Problem,
  quieten,
  summarise,
} from './report.ts'
import { readSurroundings } from './surroundings.ts'

/** Checks manifests and recorded reviews; throws an `InputError` where the command line itself cannot be honoured. */
export async function runCheck(
  paths: readonly string[],
  flags: CheckFlags,
  io: CliIo,
): Promise<ExitCode> {
  const options = readCheckOptions(paths, flags, io)
  const surroundings = await readSurroundings(options, io.stdin)
  const read = await readInputFiles(paths, io.stdin)
  const input = options.fix ? await fixFiles(read, surroundings, io.stdout) : { ...read, fixed: [] }
  const report = toReport(options, input, await checkFiles(input.files, surroundings))
  // With --fix the manifest from standard input is on standard output, so the report goes beside it.
  const output = options.fix && paths.includes('-') ? io.stderr : io.stdout
  const shown = options.quiet ? quieten(report) : report
  output.write(OUTPUTTERS[options.output](shown, styleOf(output, io.env)))
  return exitCodeOf(report)
}

function toReport(
  { now, strict, paths }: CheckOptions,
  { files, problems, fixed }: InputFiles & { readonly fixed: readonly FixedFile[] },
  checked: CheckedFiles,
): CheckReport {
  const { objects } = checked
  const found = [...problems, ...checked.problems]
  const skipped = toCounts(checked.skipped)
  const facts = toCounts(checked.facts)
  const all = found.length + objects.length > 0 ? found : [nothing(paths, [...facts, ...skipped])]
  return {
    version: VERSION,
    now: new Date(now).toISOString().replace('.000', ''),
    strict,
    quiet: false,
    summary: summarise(files.length, { objects, problems: all }),
    objects,
    problems: all,
    facts,
    skipped,
    fixed,
  }
}

function toCounts(counts: ReadonlyMap<string, number>): readonly KindCount[] {
  return [...counts]
    .map(([kind, count]) => ({ kind, count }))
    .sort((a, b) => (a.kind < b.kind ? -1 : 1))
}

// A wrong path must never look like success.
function nothing([file = '', ...rest]: readonly string[], others: readonly KindCount[]): Problem {
  const more = rest.length > 0 ? ` and in ${rest.length} more` : ''
  const found = others.length === 0 ? '' : ` (found: ${kindsText(others)})`
  const text = `nothing to check here${more}: no HyperConverged, MigrationPolicy or AdmissionReview${found}`
  return { file: file === '-' ? '<stdin>' : file, line: 0, column: 0, text }
}

const WIDTH = 80
const WIDEST = 110

function styleOf({ isTTY = false, columns = WIDTH }: Output, env: CliIo['env']): Style {
  const plain = !isTTY || Boolean(env.NO_COLOR) || env.TERM === 'dumb'
  return { colour: !plain, width: isTTY ? Math.min(columns || WIDTH, WIDEST) : WIDTH }
}
