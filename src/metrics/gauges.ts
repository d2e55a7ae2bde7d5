import { Gauge, type Registry } from 'prom-client'
import type { PolicyException } from '../core/exceptions/exception.ts'
import { addFactsGauges, type GaugedFacts } from './facts-gauges.ts'

/** What is read whenever somebody scrapes. */
export type Gauged = GaugedFacts & {
  /** The exceptions that stand on the objects known. */
  readonly exceptions: () => readonly PolicyException[]
  /** Number of the newest durable audit record. */
  readonly chainHead: () => number
  /** End of the served certificate, in milliseconds since the epoch. */
  readonly certificateEnd: () => number
}

/** Exceptions that end within this time are counted as expiring. */
const EXPIRING_WITHIN_MS = 72 * 3600 * 1000

/** Adds the gauges; each is computed at the scrape, so nothing has to be kept up to date in between. */
export function addGauges(registry: Registry, prefix: string, gauged: Gauged): void {
  addFactsGauges(registry, prefix, gauged)
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name: prefix + name,
      help,
      registers: [registry],
      collect() {
        this.set(value())
      },
    })
  gauge('audit_chain_head', 'Number of the newest durable audit record', gauged.chainHead)
  gauge(
    'certificate_expiry_timestamp_seconds',
    'End of the served certificate',
    () => gauged.certificateEnd() / 1000,
  )
  gauge(
    'exceptions_active',
    'Exceptions on the HyperConverged and on MigrationPolicies that hold now',
    () => active(gauged).length,
  )
  gauge('exceptions_expiring', 'Exceptions that hold now and end within 72 hours', () => {
    const soon = gauged.now() + EXPIRING_WITHIN_MS
    return active(gauged).filter(({ expiresAt }) => expiresAt <= soon).length
  })
}

function active({ exceptions, now }: Gauged): readonly PolicyException[] {
  return exceptions().filter(({ expiresAt }) => expiresAt > now())
}
