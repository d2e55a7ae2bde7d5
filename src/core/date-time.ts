const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})[Tt](?:[01]\d|2[0-3]):\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/

/**
 * Milliseconds since the epoch of an RFC 3339 time; undefined where the text is none. Date.parse alone would roll 2026-02-30
 * over into March, and take 24:00.
 */
export function readDateTime(text: string): number | undefined {
  const date = DATE_TIME.exec(text)?.[1]
  if (date === undefined || !isCalendarDate(date)) return undefined
  const time = Date.parse(text.toUpperCase())
  return Number.isNaN(time) ? undefined : time
}

function isCalendarDate(date: string): boolean {
  const time = Date.parse(`${date}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date)
}
