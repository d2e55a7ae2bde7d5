import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Decision } from '../core/decision.ts'
import { addGauges, type Gauged } from './gauges.ts'

/** The metrics of one server. */
export type Metrics = {
  readonly observe: (decision: Decision, seconds: number) => void
  readonly auditRecords: Counter<'type'>
  readonly auditFailures: Counter
  readonly policyReloads: Counter<'result'>
  readonly certificateReloads: Counter<'result'>
  readonly clientCaReloads: Counter<'result'>
  readonly scrape: () => Promise<Scrape>
}

export type Scrape = { readonly contentType: string; readonly text: string }

const PREFIX = 'migration_guard_'

// From the fraction of a millisecond of a decision to the 5 s of the API server's patience.
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** Makes the metrics in a registry of their own, so that two servers in one process do not share them. */
export function createMetrics(version: string, gauged: Gauged): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  addGauges(registry, PREFIX, gauged)
  const build = new Gauge({
    name: `${PREFIX}build_info`,
    help: 'Always 1; the version is in the labels',
    labelNames: ['version', 'node'],
    registers: [registry],
  })
  build.set({ version, node: process.versions.node }, 1)
  const counter = counterMaker(registry)
  return {
    observe: createObserver(registry, counter),
    auditRecords: counter('audit_records_total', 'Records written to the audit log', ['type']),
    auditFailures: counter('audit_failures_total', 'Records that the audit log did not take'),
    policyReloads: counter('policy_reloads_total', 'Changed policy files read', ['result']),
    certificateReloads: counter('certificate_reloads_total', 'Changed certificates read', [
      'result',
    ]),
    clientCaReloads: counter('client_ca_reloads_total', 'Changed client CAs read', ['result']),
    scrape: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}

function counterMaker(registry: Registry) {
  return <T extends string>(name: string, help: string, labelNames: readonly T[] = []) =>
    new Counter({ name: PREFIX + name, help, labelNames: [...labelNames], registers: [registry] })
}

// Labels take values from fixed lists only: nothing a client writes can add a time series.
function createObserver(
  registry: Registry,
  counter: ReturnType<typeof counterMaker>,
): Metrics['observe'] {
  const requests = counter('requests_total', 'Reviews answered', [
    'webhook',
    'operation',
    'outcome',
  ])
  const failures = counter('failures_total', 'Reviews that were not judged', ['webhook', 'code'])
  const violations = counter('violations_total', 'Violations by what followed', ['rule', 'effect'])
  const excused = counter('exceptions_used_total', 'Violations that an exception excused', ['rule'])
  const filled = counter('filled_fields_total', 'Settings filled in', ['field'])
  const operator = counter('allowed_operator_total', 'Writes of HCO that a user would be denied')
  const duration = new Histogram({
    name: `${PREFIX}request_duration_seconds`,
    help: 'From the whole body to the answer, the durable audit record included',
    labelNames: ['webhook'],
    buckets: BUCKETS,
    registers: [registry],
  })
  return (decision, seconds) => {
    const { webhook, outcome, request, failure } = decision
    requests.inc({ webhook, operation: request?.operation ?? 'unknown', outcome })
    duration.observe({ webhook }, seconds)
    if (failure !== null) failures.inc({ webhook, code: failure.code })
    if (outcome === 'allowed-operator') operator.inc()
    for (const { name } of decision.filled) filled.inc({ field: name })
    // The same change is judged right after by another webhook: one violation is not counted twice.
    if (webhook === 'mutate') return
    for (const { rule, effect } of decision.findings) {
      violations.inc({ rule, effect })
      if (effect === 'excused') excused.inc({ rule })
    }
  }
}
