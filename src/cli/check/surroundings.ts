import type { Inventory } from '../../core/facts/inventory.ts'
import type { JsonObject } from '../../core/json.ts'
import { DEFAULT_POLICY, type Policy } from '../../core/policy.ts'
import { type Approver, namedApprovers } from '../../facts/approver.ts'
import { InputError } from '../../input-error.ts'
import { formatProblem } from '../../policy/policy-problem.ts'
import { readYaml } from '../../yaml/read-yaml.ts'
import type { CliIo } from '../io.ts'
import type { CheckOptions } from './check-options.ts'
import { readInputFile } from './input-files.ts'
import type { JudgeContext } from './judge-request.ts'
import { type Beside, factsOf, readFactsFrom } from './read-facts.ts'
import type { Problem } from './report.ts'
import { type Manifest, sortObjects } from './sort-objects.ts'

/** Everything besides the files that a run depends on. */
export type Surroundings = {
  readonly user: string
  readonly now: number
  readonly policy: Policy
  /** What the facts file holds; null without one. */
  readonly facts: Inventory | null
  readonly old: readonly Manifest[]
  readonly approve: Approver
}

/** Reads what the options name; throws an `InputError` with everything that is wrong with it. */
export async function readSurroundings(
  options: CheckOptions,
  stdin: CliIo['stdin'],
): Promise<Surroundings> {
  const { user, now, approvers, policy, facts, origins, old } = options
  return {
    user,
    now,
    policy: {
      ...(policy === null ? DEFAULT_POLICY : await readPolicy(policy, origins.policy, stdin)),
      ...(options.hcoVersion !== null && { hcoVersion: options.hcoVersion }),
    },
    facts: facts === null ? null : await readFacts(facts, origins.facts, stdin),
    old: old === null ? [] : await readOld(old, stdin),
    approve: namedApprovers(approvers),
  }
}

/** What an object is judged with beside the other objects of its run. */
export function contextUnder(
  { facts, policy, now, approve }: Surroundings,
  beside: Beside,
  hyperConverged: JsonObject | null,
): JudgeContext {
  return { facts: factsOf(facts, beside, hyperConverged, policy), policy, now, approve, readYaml }
}

/** The object of the same kind and name in --old; a namespace counts where both name one. */
export function oldOf(
  { kind, name, namespace }: Manifest,
  { old }: Pick<Surroundings, 'old'>,
): JsonObject | null {
  const same = old.find(
    one =>
      one.kind === kind &&
      one.name === name &&
      (one.namespace === namespace || one.namespace === '' || namespace === ''),
  )
  return same?.object ?? null
}

async function readPolicy(file: string, origin: string, stdin: CliIo['stdin']): Promise<Policy> {
  // With it comes a schema validator, which most runs can do without.
  const { loadPolicy } = await import('../../policy/load.ts')
  const loaded = await loadPolicy(file, stdin)
  if ('policy' in loaded) return loaded.policy
  const { source, problems } = loaded
  throw new InputError(
    [`${origin}:`, ...problems.map(each => formatProblem(source, each))].join('\n  '),
  )
}

async function readFacts(file: string, origin: string, stdin: CliIo['stdin']): Promise<Inventory> {
  const read = await readFactsFrom(file, stdin)
  if ('problems' in read) throw problemsOf(origin, read.problems)
  return read.inventory
}

async function readOld(file: string, stdin: CliIo['stdin']): Promise<readonly Manifest[]> {
  const read = await readInputFile(file, stdin)
  if ('problem' in read) throw problemsOf('--old', [read.problem])
  const { manifests, problems } = sortObjects([read])
  if (problems.length > 0) throw problemsOf('--old', problems)
  if (manifests.length > 0) return manifests
  const text = 'there is no HyperConverged and no MigrationPolicy in it'
  throw problemsOf('--old', [{ file: read.file, line: 0, column: 0, text }])
}

function problemsOf(option: string, problems: readonly Problem[]): InputError {
  const lines = problems.map(({ text, file, line, column }) => {
    return formatProblem(file, { line, column, path: '', message: text })
  })
  return new InputError([`${option}:`, ...lines].join('\n  '))
}
