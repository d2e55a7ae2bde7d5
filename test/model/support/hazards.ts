// What is unsafe in a cluster, by the field guidance of OpenShift Virtualization: post copy where a VM that dies loses data, or
// on a network that fails, and more migrations at once than heavy workloads bear (docs/rules.md).
import { NAMESPACE } from '../../support/review.ts'
import {
  type Cluster,
  CONCEIVABLE,
  DATA,
  DATA_RULE,
  type Hazard,
  NETWORK_RULE,
  PARALLEL_RULE,
  POD_NETWORK,
  type Policy,
  RUNNING,
  type RuleName,
  type Settings,
  STABILITY,
  type Vm,
} from './cluster-model.ts'
import { effective } from './hco.ts'
import { hasPostCopy, merged, ranked } from './kubevirt.ts'

// The limit for heavy workloads, of which one always runs in this model.
const MOST_PARALLEL = 10

const OF_CLUSTER = { by: null, network: '', follows: false, byItself: false, height: 0 } as const

/** Everything that is unsafe, covered or not. */
export function hazardsOf(cluster: Cluster): readonly Hazard[] {
  const settings = effective(cluster)
  const { parallelMigrationsPerCluster: height = 0 } = settings
  const found: Hazard[] = []
  for (const rule of rulesAboutAll(cluster, settings))
    for (const vm of CONCEIVABLE) found.push(...hazardOf(cluster, settings, rule, vm))
  for (const vm of RUNNING)
    if (cluster.critical.includes(vm.name))
      found.push(...hazardOf(cluster, settings, DATA_RULE, vm))
  if (height > MOST_PARALLEL) found.push({ ...OF_CLUSTER, rule: PARALLEL_RULE, vm: 'all', height })
  return found
}

/** The rules by which post copy is unsafe for whatever VM has it. */
export function rulesAboutAll(cluster: Cluster, settings: Settings): readonly RuleName[] {
  const rules: RuleName[] = []
  if (isUnstable(cluster, settings)) rules.push(NETWORK_RULE)
  if (cluster.annotations[DATA] === 'critical') rules.push(DATA_RULE)
  return rules
}

function hazardOf(
  cluster: Cluster,
  settings: Settings,
  rule: Hazard['rule'],
  vm: Vm,
): readonly Hazard[] {
  const [winner] = ranked(cluster, vm)
  if (!hasPostCopy(merged(settings, winner))) return []
  if (!RUNNING.includes(vm) && rule === DATA_RULE && winner && !selectsAll(winner)) return []
  return [{ rule, vm: vm.name, height: 0, ...sourceOf(settings, winner) }]
}

/** Where critical data is only declared, a policy that selects some VMs is how those without such data get post copy. */
export function selectsAll({ spec: { selectors } }: Policy): boolean {
  return selectors !== undefined && Object.keys(selectors).length === 0
}

/** What gives post copy where the policy wins. */
export function sourceOf(
  settings: Settings,
  policy: Policy | undefined,
): Pick<Hazard, 'by' | 'network' | 'follows' | 'byItself'> {
  const network = networkOf(settings)
  if (policy === undefined) return { ...OF_CLUSTER, network }
  const byItself = hasPostCopy(merged({ ...settings, allowPostCopy: false }, policy))
  return { by: policy.name, network, follows: !byItself && hasPostCopy(settings), byItself }
}

/** The network of migrations, as a bound names it. */
export function networkOf({ network }: Settings): string {
  return network === undefined ? POD_NETWORK : `${NAMESPACE}/${network}`
}

function isUnstable({ annotations, worn }: Cluster, { network }: Settings): boolean {
  return network === undefined ? annotations[STABILITY] === 'unstable' : network === 'worn' && worn
}
