import { PINNED } from './annotations.ts'
import type { FilledField, FillTerms } from './fill.ts'
import { FIELD_NAMES, isFieldName } from './live-migration-config.ts'

/** Reads annotation `migration-guard.io/filled`: `field=value,…`. What is no setting is left out. */
export function readFilled(text: string | undefined): ReadonlyMap<string, string> {
  const entries = new Map<string, string>()
  for (const entry of (text ?? '').split(',')) {
    const equals = entry.indexOf('=')
    const name = entry.slice(0, equals).trim()
    if (equals > 0 && isFieldName(name)) entries.set(name, entry.slice(equals + 1).trim())
  }
  return entries
}

/** Writes the annotation again: an entry goes when its value has gone, and what is filled now joins. */
export function formatFilled(
  before: ReadonlyMap<string, string>,
  filled: readonly FilledField[],
  after: Readonly<Record<string, unknown>>,
): string {
  const now = new Map([...before].filter(([name, value]) => String(after[name]) === value))
  for (const { name, value } of filled) now.set(name, String(value))
  return FIELD_NAMES.filter(name => now.has(name))
    .map(name => `${name}=${now.get(name)}`)
    .join(',')
}

/** The warning that tells what was filled (or would be), why, and how to keep the stock value. */
export function describeFilling(
  { name, value, because }: FilledField,
  { mode, profile, stock }: Pick<FillTerms, 'mode' | 'profile' | 'stock'>,
): string {
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value)
  const verb = mode === 'suggest' ? 'suggested' : 'filled'
  const default_ = stock.defaults[name]
  const keep =
    default_ === undefined
      ? 'any value you write is kept'
      : `to keep ${default_}, add annotation ${PINNED}: ${name}`
  return `${verb} ${name}: ${shown}, ${because} (heavy workloads: ${profile.source}); ${keep}`
}
