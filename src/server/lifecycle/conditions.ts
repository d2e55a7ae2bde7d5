import type { SinkStatus } from '../../audit/sink.ts'
import type { ClientCaWatch } from '../../certificates/client-ca.ts'
import { expiryOf } from '../../certificates/expiry.ts'
import type { CertificateWatch } from '../../certificates/watch-certificates.ts'
import type { ClusterFacts } from '../../core/facts/cluster-facts.ts'
import type { State } from '../state.ts'
import type { Condition } from './readiness.ts'

type Judged = Omit<Condition, 'name'>

/** What is followed while it is replaced. */
export type Watched = {
  readonly certificates: CertificateWatch
  /** Only where clients have to show a certificate. */
  readonly clientCa: ClientCaWatch | undefined
}

/** Everything that readiness looks at, as it is now. */
export function readConditions(
  { world, policies, facts, recorder, now }: State,
  { certificates, clientCa }: Watched,
  draining: boolean,
): readonly Condition[] {
  const { hash, source } = policies.current()
  return [
    { name: 'certificate', ...certificateCondition(certificates, new Date(now())) },
    ...(clientCa ? [{ name: 'client-ca', ...clientCaCondition(clientCa) }] : []),
    { name: 'facts', ...factsCondition(facts(), world.detail()) },
    { name: 'policy', ...policyCondition(hash, source, policies.problem()) },
    { name: 'audit', ...auditCondition(recorder.status()) },
    { name: 'shutdown', ...drainCondition(draining) },
  ]
}

// An expired certificate is refused by the API server; a newer one that cannot be served is somebody's mistake.
function certificateCondition(watch: CertificateWatch, now: Date): Judged {
  const { current, problem } = watch
  if (current === undefined) return { state: 'failed', detail: problem?.message ?? 'none' }
  const { state, warning } = expiryOf(current, now)
  const until = `served until ${current.notAfter.toISOString()}`
  if (state === 'expired' || state === 'not-yet-valid')
    return { state: 'failed', detail: `the served certificate ${warning}` }
  if (problem !== undefined)
    return { state: 'degraded', detail: `${until}, the newer one cannot be: ${problem.message}` }
  if (warning !== undefined) return { state: 'degraded', detail: `the certificate ${warning}` }
  return { state: 'ok', detail: until }
}

// A broken file leaves the last good CA in force.
function clientCaCondition({ problem }: ClientCaWatch): Judged {
  if (problem === null) return { state: 'ok', detail: 'the file is in force' }
  return {
    state: 'degraded',
    detail: `the last good one is in force, not the newer one: ${problem}`,
  }
}

// Before the first list of everything, nothing guarded can be judged.
function factsCondition({ synced }: ClusterFacts, detail: string): Judged {
  return { state: synced ? 'ok' : 'failed', detail }
}

// A policy file that cannot be read leaves the last good one in force.
function policyCondition(hash: string, source: string, problem: string | null): Judged {
  const inForce = `${source} is in force (${hash.slice(0, 12)})`
  if (problem === null) return { state: 'ok', detail: inForce }
  return { state: 'degraded', detail: `${inForce}; its newer version cannot be read: ${problem}` }
}

// What cannot be recorded is refused or let through as the policy says, so this replica still answers.
function auditCondition({ healthy, error, head, queued }: SinkStatus): Judged {
  const last = `the last record is ${head.sequence}`
  if (healthy) return { state: 'ok', detail: `${last}, ${queued} waiting` }
  return { state: 'degraded', detail: `${last}; nothing can be written: ${error}` }
}

// A replica that ends asks not to be sent anything new.
function drainCondition(draining: boolean): Judged {
  return draining
    ? { state: 'failed', detail: 'this replica is shutting down' }
    : { state: 'ok', detail: 'this replica takes requests' }
}
