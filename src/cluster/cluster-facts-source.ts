import type { ClusterFacts } from '../core/facts/cluster-facts.ts'
import type { Inventory } from '../core/facts/inventory.ts'
import { surveyCluster } from '../core/facts/survey.ts'
import { DEFAULT_POLICY, type Policy } from '../core/policy.ts'
import { servedOne } from '../core/settings/hyperconverged.ts'
import type { FactsSource } from '../facts/facts-source.ts'
import type { ApiClient } from './api-client.ts'
import { explain } from './api-error.ts'
import { describeKnowledge, isKnown, knownUntil } from './knowledge.ts'
import type { ReflectorStatus } from './reflector.ts'
import { type Reflectors, startReflectors } from './reflectors.ts'
import { SurveySchedule } from './survey-schedule.ts'
import { TIMING, type Timing } from './timing.ts'

/** The facts of a live cluster, kept current by watching it. */
export type ClusterFactsSource = FactsSource<ReflectorStatus> & {
  /** The facts under the policy that was last asked for. */
  readonly current: () => ClusterFacts
}

/** What is told of: turns of events, never each attempt. */
export type ClusterLog = {
  readonly info: (message: string) => void
  readonly warn: (message: string) => void
}

export type ClusterFactsOptions = {
  /** Namespace of the HyperConverged. */
  readonly namespace: string
  readonly log?: ClusterLog
  readonly timing?: Partial<Timing>
}

const SILENT: ClusterLog = { info: () => {}, warn: () => {} }

// Facts are a value: their age moves in steps, so that not every sign of life makes a new one.
const AGE_STEP_MS = 15_000

/** Starts to watch a cluster. */
export function watchCluster(api: ApiClient, options: ClusterFactsOptions): ClusterFactsSource {
  const { namespace, log = SILENT } = options
  const timing = { ...TIMING, ...options.timing }
  const listeners = new Set<(facts: ClusterFacts) => void>()
  const reflectors = startReflectors(api, timing, { log, onChange: () => schedule.request() })
  const status = () => reflectors.status()
  const draw = (policy: Policy): ClusterFacts => {
    const now = status()
    return surveyCluster(toInventory(reflectors, namespace), policy, {
      source: 'cluster',
      synced: now.every(isKnown),
      asOf: knownUntil(now),
      namespace,
      networksMissing: reflectors.networks.status.missing,
    })
  }
  let policy: Policy = DEFAULT_POLICY
  let last = draw(policy)
  let fault: string | null = null
  const survey = () => {
    try {
      last = draw(policy)
      fault = null
      for (const listener of listeners) listener(last)
    } catch (error) {
      // Facts that nobody can draw any more must not pass for current ones.
      last = { ...last, synced: false }
      fault = `the facts cannot be drawn: ${explain(error)}`
      log.warn(fault)
    }
  }
  const schedule = new SurveySchedule({ work: survey, clock: () => performance.now() })
  const current = () => {
    const asOf = knownUntil(status())
    if (asOf !== null && asOf - (last.asOf ?? 0) >= AGE_STEP_MS) last = { ...last, asOf }
    return last
  }
  return {
    facts: wanted => {
      if (wanted !== policy) {
        policy = wanted
        schedule.run()
      }
      return current()
    },
    current,
    onChange: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    status,
    detail: () => fault ?? describeKnowledge(status(), timing.now()),
    close: async () => {
      await reflectors.stop()
      schedule.cancel()
    },
  }
}

function toInventory(reflectors: Reflectors, namespace: string): Inventory {
  const { hyperConverged, networks, namespaces, virtualMachines, migrationPolicies } = reflectors
  const served = servedOne(hyperConverged.objects?.values() ?? [], namespace)
  const [stock = {}] = reflectors.stock.objects?.values() ?? []
  return {
    namespaces: namespaces.objects ?? new Map(),
    virtualMachines: virtualMachines.objects,
    // Facts are values that stay as they are: the watch goes on changing its own map.
    networks: networks.objects && new Map(networks.objects),
    migrationPolicies: migrationPolicies.objects ?? new Map(),
    hyperConvergeds: served === null ? [] : [served],
    stock,
  }
}
