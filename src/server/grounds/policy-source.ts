import { listed } from '../../input-error.ts'
import {
  defaultPolicy,
  type LoadedPolicy,
  loadPolicy,
  type RejectedPolicy,
} from '../../policy/load.ts'
import { formatProblem } from '../../policy/policy-problem.ts'
import { watchPolicy } from '../../policy/watch.ts'
import { StartError } from '../start-error.ts'

/** A policy, under the HCO version that the command line names. */
export type PolicyInForce = LoadedPolicy & { readonly hcoVersion?: string }

/** Where the policy in force comes from. */
export type PolicySource = {
  readonly current: () => PolicyInForce
  /** Why a newer version of the file is not in force; null when none is waiting. */
  readonly problem: () => string | null
  /** Takes over every new version of the file from now on. */
  readonly follow: (events: PolicyEvents) => void
  readonly close: () => void
}

export type PolicyEvents = {
  readonly onReload: (policy: PolicyInForce) => void
  readonly onProblem: (problem: string) => void
}

/** Reads the policy, null for the defaults; throws a `StartError` when there is no good one to begin with. */
export async function openPolicy(
  file: string | null,
  hcoVersion: string | null,
): Promise<PolicySource> {
  const first = file === null ? defaultPolicy() : await loadPolicy(file)
  if ('problems' in first) throw new StartError(whyRejected(first))
  // The command line knows better than the file which HCO runs here.
  const adjust = (loaded: LoadedPolicy): PolicyInForce =>
    hcoVersion === null
      ? loaded
      : { ...loaded, hcoVersion, policy: { ...loaded.policy, hcoVersion } }
  let current = adjust(first)
  let problem: string | null = null
  let stop = () => {}
  return {
    current: () => current,
    problem: () => problem,
    follow: ({ onReload, onProblem }) => {
      // Standard input is read once.
      if (file === null || file === '-') return
      const onPolicy = (loaded: LoadedPolicy) => {
        problem = null
        // The old content that comes back stays the old value: facts are drawn anew for each other one.
        if (loaded.hash === current.hash) return
        current = adjust(loaded)
        onReload(current)
      }
      const watch = watchPolicy(file, {
        hash: first.hash,
        onPolicy,
        onProblem: problems => {
          problem = problems.map(one => formatProblem(file, one)).join('; ')
          onProblem(problem)
        },
      })
      stop = watch.stop
    },
    close: () => stop(),
  }
}

// With a line it is about the file and says which; without one the file is not what was meant.
function whyRejected({ source, problems }: RejectedPolicy): string {
  const lines = problems.map(one => formatProblem(source, one))
  const option = problems.some(({ line }) => line === 0) ? '--policy ' : ''
  return option + listed('the policy cannot be used', lines)
}
