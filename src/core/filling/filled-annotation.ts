import { PINNED } from '../annotations.ts'
import { FIELD_NAMES, type FieldName, isFieldName } from '../settings/live-migration-config.ts'
import type { FillContext, FilledField } from './filling.ts'

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

/** The entries after filling: those whose value still stands, what is filled now, and what is `left` at stock although it is open. */
export function updateFilled(
  before: ReadonlyMap<string, string>,
  filled: readonly FilledField[],
  left: readonly FieldName[],
  after: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, string> {
  const stays = ([name, text]: readonly [string, string]) => {
    const value = after[name]
    return value !== undefined && value !== null && String(value) === text
  }
  const added = [...left, ...filled.map(({ name }) => name)]
  const entries = added.map(name => [name, String(after[name])] as const)
  return new Map([...[...before].filter(stays), ...entries])
}

/** Writes the annotation, in the order of the API documentation. */
export function formatFilled(entries: ReadonlyMap<string, string>): string {
  return FIELD_NAMES.filter(name => entries.has(name))
    .map(name => `${name}=${entries.get(name)}`)
    .join(',')
}

/** The warning that tells what was filled (or would be), why, and how to keep the stock value. */
export function describeFilling(
  { name, value, because }: FilledField,
  { mode, profile, stock }: Pick<FillContext, 'mode' | 'profile' | 'stock'>,
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
