import fc from 'fast-check'
import t from 'tap'
import { type Decision, decide } from '../../../src/core/decision.ts'
import type { DecisionContext } from '../../../src/core/decision-context.ts'
import { settingsOf } from '../../support/api-server.ts'
import { contexts, declarations, eraAndVersion, someSettings } from '../../support/arbitraries.ts'
import { stored } from '../../support/eras.ts'
import { migrationPolicy, requestOf, type Texts, type Values } from '../../support/review.ts'

// The dangers are told from raw values once more, in the plainest way, and compared with what is decided.

const STABILITY = 'migration-guard.io/network-stability'
const DATA = 'migration-guard.io/data'

type Danger = {
  /** VMs that may lose their memory, by a name that is the same before and after. */
  readonly exposed: readonly string[]
  /** The same, where it must be refused if it is new. */
  readonly refused: readonly string[]
  /** What may be refused besides: policies that would switch post copy on, whomever they win for. */
  readonly suspected: readonly string[]
}

type Raw = { readonly settings: Values; readonly policies: readonly Values[] }

const effective = ({ allowPostCopy, allowWorkloadDisruption, completionTimeoutPerGiB }: Values) =>
  allowPostCopy === true && allowWorkloadDisruption !== false && completionTimeoutPerGiB !== 0

function merged(cluster: Values, policy: Values): Values {
  const own = Object.fromEntries(
    Object.entries(policy).filter(
      ([name]) => name.startsWith('allow') || name.startsWith('completion'),
    ),
  )
  const follows =
    'allowPostCopy' in policy && !('allowWorkloadDisruption' in policy)
      ? { allowWorkloadDisruption: policy.allowPostCopy }
      : {}
  return { ...cluster, ...follows, ...own }
}

const goldOnly = (spec: Values) =>
  (spec.selectors as { virtualMachineInstanceSelector?: Texts } | undefined)
    ?.virtualMachineInstanceSelector !== undefined

function winnerFor(gold: boolean, policies: readonly Values[]) {
  const matching = policies.filter(
    spec => spec.selectors !== undefined && (gold || !goldOnly(spec)),
  )
  const closest = matching.filter(goldOnly)
  const candidates = closest.length > 0 ? closest : matching
  return candidates.toSorted((a, b) => (String(a.name) < String(b.name) ? -1 : 1))[0]
}

function dangers(
  { settings, policies }: Raw,
  annotations: Texts,
  { policy, facts }: DecisionContext,
): Danger {
  const { network } = settings
  const name =
    typeof network === 'string' && network !== '' ? network.replace('openshift-cnv/', '') : null
  const unstable =
    name === null
      ? annotations[STABILITY] === 'unstable' || policy.networks.podNetwork === 'unstable'
      : name === 'bad' || policy.networks.unstable.includes(name)
  const declared = annotations[DATA] === 'critical' || policy.data === 'critical'
  const effectiveFor = (spec: Values | undefined) =>
    effective(spec ? merged(settings, spec) : settings)
  const exposed: string[] = []
  const refused: string[] = []
  for (const gold of [true, false]) {
    const winner = winnerFor(gold, policies)
    if (!effectiveFor(winner)) continue
    const vms = gold ? 'gold VMs' : 'other VMs'
    if (unstable) {
      exposed.push(`${vms} on ${name}`)
      refused.push(`${vms} on ${name}`)
    }
    if (!declared) continue
    exposed.push(`${vms} with declared data`)
    if (!winner || !goldOnly(winner)) refused.push(`${vms} with declared data`)
  }
  for (const { name: vm, labels } of facts.workloads.critical)
    if (effectiveFor(winnerFor(labels.tier === 'gold', policies))) {
      exposed.push(`critical ${vm}`)
      refused.push(`critical ${vm}`)
    }
  const suspected = policies.map(
    spec =>
      `${spec.name} for ${JSON.stringify(spec.selectors ?? null)} on ${name}: ${effectiveFor(spec)}, ${effective(merged({ ...settings, allowPostCopy: false }, spec))} by itself`,
  )
  if (effective(settings)) suspected.push(`cluster on ${name}`)
  return { exposed, refused, suspected }
}

const policySpec = fc.record(
  {
    selectors: fc.constantFrom<Values>({}, { virtualMachineInstanceSelector: { tier: 'gold' } }),
    allowPostCopy: fc.boolean(),
    allowWorkloadDisruption: fc.boolean(),
    completionTimeoutPerGiB: fc.constantFrom(0, 10, -1),
  },
  { requiredKeys: [] },
)

const world = eraAndVersion.chain(({ era, version }) =>
  fc.record({
    era: fc.constant(era),
    version: fc.constant(version),
    context: contexts(era).map(context => ({ ...context, approvals: new Map() })),
    before: someSettings,
    after: someSettings,
    annotations: declarations,
    spec: policySpec,
    oldSpec: policySpec,
    onPolicy: fc.constantFrom('none', 'CREATE', 'UPDATE', 'DELETE'),
  }),
)

const readPolicies = (facts: DecisionContext['facts']): Values[] =>
  facts.migrationPolicies.map(({ name, selectors, settings }) => ({
    name,
    ...(selectors === null
      ? {}
      : {
          selectors: {
            virtualMachineInstanceSelector:
              Object.keys(selectors.virtualMachineInstance).length > 0
                ? selectors.virtualMachineInstance
                : undefined,
          },
        }),
    ...settings,
  }))

const sameTexts = (left: readonly string[], right: readonly string[]) =>
  left.toSorted().join() === right.toSorted().join()

t.test('what is let through introduces no post copy that loses a VM', t => {
  let refused = 0
  fc.assert(
    fc.property(
      world,
      ({ era, version, context, before, after, annotations, spec, oldSpec, onPolicy }) => {
        const facts = { ...context.facts, synced: true }
        const old = stored(era, before, annotations, version)
        const policies = readPolicies(facts)
        const state = (settings: Values, policies: readonly Values[]) =>
          dangers({ settings, policies }, annotations, { ...context, facts })
        let found: { before: Danger; after: Danger; decision: Decision }
        if (onPolicy === 'none') {
          const object = stored(era, after, annotations, version)
          const decision = decide('validate', requestOf('UPDATE', object, old), {
            ...context,
            facts,
          })
          found = {
            before: state(settingsOf(old), policies),
            after: state(settingsOf(object), policies),
            decision,
          }
        } else {
          const at = { ...context, facts: { ...facts, hyperConverged: old } }
          const [now, was] = [
            onPolicy === 'DELETE' ? null : spec,
            onPolicy === 'CREATE' ? null : oldSpec,
          ]
          const object = (values: Values | null) => values && migrationPolicy('p1', values)
          const others = policies.filter(({ name }) => name !== 'p1')
          const withOne = (values: Values | null) => [
            ...others,
            ...(values ? [{ name: 'p1', ...values }] : []),
          ]
          const decision = decide('validate', requestOf(onPolicy, object(now), object(was)), at)
          found = {
            before: state(settingsOf(old), withOne(was)),
            after: state(settingsOf(old), withOne(now)),
            decision,
          }
        }
        const fresh = found.after.refused.filter(danger => !found.before.exposed.includes(danger))
        const same = sameTexts(found.before.suspected, found.after.suspected)
        if (fresh.length > 0) refused++
        if (fresh.length > 0 && found.decision.allowed)
          throw new Error(`let through: ${fresh.join()}`)
        const rules = found.decision.findings.filter(
          ({ rule, effect }) => rule.startsWith('post-copy-') && effect === 'deny',
        )
        if (fresh.length === 0 && same && rules.length > 0)
          throw new Error(`refused for nothing: ${rules.map(({ identity }) => identity).join()}`)
      },
    ),
    { numRuns: 2000 },
  )
  t.ok(refused > 30, `and there was something to refuse, ${refused} times`)
  t.end()
})
