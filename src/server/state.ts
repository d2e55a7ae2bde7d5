import type { Writable } from 'node:stream'
import type { ServeOptions } from '../config/serve-options.ts'
import type { ClusterFacts } from '../core/facts/cluster-facts.ts'
import { createMetrics, type Metrics } from '../metrics/metrics.ts'
import { readYaml } from '../yaml/read-yaml.ts'
import { createLastAdmitted } from './grounds/last-admitted.ts'
import { openPolicy, type PolicySource } from './grounds/policy-source.ts'
import { standingExceptions } from './grounds/standing-exceptions.ts'
import { openWorld, type World } from './grounds/world.ts'
import { openServingPair, type ServedPair } from './http/serving-pair.ts'
import type { Part } from './lifecycle/release.ts'
import type { Log } from './log.ts'
import { createObservers, type Observers } from './observers.ts'
import { openAuditSink } from './recording/audit-sink.ts'
import { openRecorder, type Recorder } from './recording/recorder.ts'

/** What a guard finds around it. */
export type GuardSurroundings = {
  readonly stdout: Writable
  readonly stderr: { write(text: string): unknown }
  readonly log: Log
  readonly version: string
  /** The environment, which tells a pod of a cluster and where kubeconfigs are. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now?: () => number
}

/** What answers rest on, apart from any port. */
export type State = {
  readonly world: World
  readonly policies: PolicySource
  readonly facts: () => ClusterFacts
  readonly served: ServedPair
  readonly metrics: Metrics
  readonly observers: Observers
  readonly recorder: Recorder
  readonly now: () => number
}

/** Opens everything that can be wrong, in an order in which nothing is recorded before it is all right. */
export async function openState(
  options: ServeOptions,
  surroundings: GuardSurroundings,
  opened: Part[],
): Promise<State> {
  const { log, version, stdout, stderr, env, now = Date.now } = surroundings
  const world = await openWorld(options, { env, log, now })
  opened.push(['the cluster', world.close])
  const served = await openServingPair(options, log)
  const policies = await openPolicy(options.policy, options.hcoVersion)
  const policy = () => policies.current().policy
  const facts = () => world.facts(policy())
  const admitted = createLastAdmitted()
  const metrics = createMetrics(version, {
    kinds: world.status,
    exceptions: () => {
      const known = facts()
      const terms = { policy: policy(), now: now(), readYaml }
      return standingExceptions(known.hyperConverged ?? admitted.get(), known, terms)
    },
    chainHead: () => recorder.status().head.sequence,
    certificateEnd: () => served.pair.notAfter.getTime(),
    now,
  })
  const observers = createObservers({ metrics, log, admitted, logAll: options.dev, stderr })
  const recorder = await openRecorder({
    open: preamble => openAuditSink(options, { stdout, log }, preamble),
    replica: options.replica,
    version,
    now,
    configuration: options,
    observe: observers.onRecord,
  })
  opened.push(['the audit log', () => recorder.close()])
  recorder.policy(policies.current())
  world.onChange(recorder.prepare)
  recorder.prepare(facts())
  followPolicy(policies, { recorder, metrics, log, facts })
  opened.push(['the watch on the policy', policies.close])
  return { world, policies, facts, served, metrics, observers, recorder, now }
}

function followPolicy(
  policies: PolicySource,
  {
    recorder,
    metrics,
    log,
    facts,
  }: Pick<State, 'recorder' | 'metrics' | 'facts'> & Pick<GuardSurroundings, 'log'>,
): void {
  policies.follow({
    onReload: loaded => {
      metrics.policyReloads.inc({ result: 'success' })
      log.info(`the policy ${loaded.source} changed and is in force (${loaded.hash.slice(0, 12)})`)
      recorder.policy(loaded)
      // Under the new policy they may be others: the next request finds them drawn and written out.
      recorder.prepare(facts())
    },
    onProblem: problem => {
      metrics.policyReloads.inc({ result: 'failure' })
      log.error(`the policy stays as it was; its newer version cannot be used: ${problem}`)
    },
  })
}
