import { Counter, Gauge, type Registry } from 'prom-client'
import type { KnownKind } from '../facts/facts-source.ts'

/** What is read of the facts whenever somebody scrapes; the kinds are the same six at any time. */
export type GaugedFacts = {
  readonly kinds: () => readonly KnownKind[]
  readonly now: () => number
}

/** Adds what is known of the cluster, by kind. */
export function addFactsGauges(
  registry: Registry,
  prefix: string,
  { kinds, now }: GaugedFacts,
): void {
  const common = { labelNames: ['kind'] as const, registers: [registry] }
  const gauge = (name: string, help: string, value: (kind: KnownKind) => number | null) =>
    new Gauge({
      ...common,
      name: prefix + name,
      help,
      collect() {
        this.reset()
        for (const known of kinds()) {
          const current = value(known)
          if (current !== null) this.set({ kind: known.kind }, current)
        }
      },
    })
  gauge(
    'facts_synced',
    '1 when everything of the kind is known, were it that there is none',
    one => (one.synced || one.missing ? 1 : 0),
  )
  gauge('facts_age_seconds', 'Time since the kind was last heard of; 0 without a cluster', one =>
    ageOf(one, now()),
  )
  gauge('facts_objects', 'Objects of the kind that are known', ({ objects }) => objects)
  new Counter({
    ...common,
    name: `${prefix}facts_relists_total`,
    help: 'Lists of the kind after the first, because a watch could not go on',
    collect() {
      this.reset()
      for (const { kind, relists } of kinds()) this.inc({ kind }, relists)
    },
  })
}

// Before the first sign of life there is no age: 0 would say that all is well.
function ageOf({ synced, lastEvent }: KnownKind, now: number): number | null {
  if (lastEvent === null) return synced ? 0 : null
  return Math.max(0, now - lastEvent) / 1000
}
