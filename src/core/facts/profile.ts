import { WORKLOAD_PROFILE, word } from '../annotations.ts'
import { show } from '../json.ts'
import type { Policy } from '../policy.ts'
import { type ClusterFacts, sampleText } from './cluster-facts.ts'

/** Whether the limits and fillings for heavy workloads apply, and how that is known. */
export type Profile = {
  readonly name: 'heavy' | 'standard'
  readonly source: 'declared' | 'observed' | 'assumed'
  /** Continues "with heavy workloads (…)" in messages. */
  readonly because: string
  /** Up to three VMs that show it. */
  readonly examples: readonly string[]
  /** Warnings about declarations that are ignored. */
  readonly notes: readonly string[]
}

/** Tells the profile from the annotation on the HyperConverged, the policy and the facts; heavy wins over standard. */
export function findProfile(
  annotations: Readonly<Record<string, string>>,
  policy: Policy,
  facts: ClusterFacts,
): Profile {
  const annotation = annotations[WORKLOAD_PROFILE]
  const declared = word(annotation)
  const { heavy, known, total } = facts.workloads
  const notes = contradictions(annotation, policy, facts)
  const profile = (name: Profile['name'], source: Profile['source'], because: string): Profile => ({
    name,
    source,
    because,
    examples: heavy.examples,
    notes,
  })
  if (declared === 'heavy') return profile('heavy', 'declared', 'declared by annotation')
  if (policy.profile === 'heavy') return profile('heavy', 'declared', 'declared by the policy')
  if (heavy.count > 0) return profile('heavy', 'observed', `observed: ${sampleText(heavy)}`)
  if (declared === 'standard') return profile('standard', 'declared', 'declared by annotation')
  if (policy.profile === 'standard')
    return profile('standard', 'declared', 'declared by the policy')
  if (known && total > 0)
    return profile(
      'standard',
      'observed',
      `observed: ${total === 1 ? '1 running VM, which is not heavy' : `${total} running VMs, none heavy`}`,
    )
  const why = known ? 'no VM runs yet' : 'the running VMs are not known'
  return profile('heavy', 'assumed', `assumed: ${why}`)
}

function contradictions(
  annotation: string | undefined,
  policy: Policy,
  facts: ClusterFacts,
): readonly string[] {
  if (annotation === undefined || word(annotation) === 'heavy') return []
  if (word(annotation) !== 'standard')
    return [`${WORKLOAD_PROFILE}: ${show(annotation)} is ignored: it is neither heavy nor standard`]
  if (policy.profile === 'heavy')
    return [`${WORKLOAD_PROFILE}: standard is ignored: the policy declares heavy workloads`]
  if (facts.workloads.heavy.count > 0)
    return [
      `${WORKLOAD_PROFILE}: standard is ignored: heavy workloads run (${sampleText(facts.workloads.heavy)})`,
    ]
  return []
}
