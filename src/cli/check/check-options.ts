import { readDateTime } from '../../core/date-time.ts'
import { HCO_VERSION_FORM, readHcoVersion } from '../../core/settings/hco-version.ts'
import { InputError } from '../../input-error.ts'
import type { CliIo } from '../io.ts'
import { OUTPUT_FORMATS, type OutputFormat } from './output/outputter.ts'

/** The options of `check` as they stand on the command line. */
export type CheckFlags = {
  readonly old?: string
  readonly policy?: string
  readonly facts?: string
  readonly approver?: readonly string[]
  readonly user?: string
  readonly hcoVersion?: string
  readonly fix?: boolean
  readonly output?: string
  readonly strict?: boolean
  readonly quiet?: boolean
  readonly now?: string
}

/** The options of `check` with everything decided. */
export type CheckOptions = {
  readonly paths: readonly string[]
  readonly old: string | null
  readonly policy: string | null
  readonly facts: string | null
  /** Where a file was named, for what is wrong with it: an option or a variable. */
  readonly origins: Readonly<Record<'policy' | 'facts' | 'hcoVersion', string>>
  readonly approvers: readonly string[]
  readonly user: string
  readonly hcoVersion: string | null
  readonly fix: boolean
  readonly output: OutputFormat
  readonly strict: boolean
  readonly quiet: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Who wrote a manifest where nobody says: a name that no approver has. */
export const SOMEBODY = 'the author of the file'

/** Completes the flags from the environment and checks them; throws an `InputError`. */
export function readCheckOptions(
  paths: readonly string[],
  flags: CheckFlags,
  { env, now }: Pick<CliIo, 'env' | 'now'>,
): CheckOptions {
  const given = (flag: string | undefined, variable: string) =>
    flag ?? (env[`MIGRATION_GUARD_${variable}`] || null)
  const { output = 'table' } = flags
  const options = {
    paths,
    old: flags.old ?? null,
    policy: given(flags.policy, 'POLICY'),
    facts: given(flags.facts, 'FACTS'),
    origins: {
      policy: flags.policy === undefined ? 'MIGRATION_GUARD_POLICY' : '--policy',
      facts: flags.facts === undefined ? 'MIGRATION_GUARD_FACTS' : '--facts',
      hcoVersion: flags.hcoVersion === undefined ? 'MIGRATION_GUARD_HCO_VERSION' : '--hco-version',
    },
    approvers: flags.approver ?? split(env.MIGRATION_GUARD_APPROVER),
    user: given(flags.user, 'USER') ?? SOMEBODY,
    hcoVersion: given(flags.hcoVersion, 'HCO_VERSION'),
    fix: flags.fix ?? false,
    output: output as OutputFormat,
    strict: flags.strict ?? false,
    quiet: flags.quiet ?? false,
    now: flags.now === undefined ? now().getTime() : readTime(flags.now),
  }
  check(options)
  return options
}

function split(list = ''): readonly string[] {
  return list.split(',').flatMap(name => name.trim() || [])
}

function readTime(text: string): number {
  const time = readDateTime(text)
  if (time === undefined)
    throw new InputError(`--now "${text}": a time such as 2026-12-31T18:00:00Z is needed`)
  return time
}

function check({ paths, old, policy, facts, origins, hcoVersion, output }: CheckOptions): void {
  if (!(OUTPUT_FORMATS as readonly string[]).includes(output))
    throw new InputError(`--output "${output}": one of ${OUTPUT_FORMATS.join(', ')} is needed`)
  if (hcoVersion !== null && !readHcoVersion(hcoVersion))
    throw new InputError(`${origins.hcoVersion} "${hcoVersion}": ${HCO_VERSION_FORM} is needed`)
  const readers = [...paths, old, policy, facts].filter(path => path === '-')
  if (readers.length > 1)
    throw new InputError('- is named more than once, and standard input can be read only once')
}
