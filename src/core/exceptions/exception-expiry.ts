const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})[Tt](?:[01]\d|2[0-3]):\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/

/**
 * The end of an exception in milliseconds since the epoch, from an RFC 3339 time, or a date, which means its end in UTC;
 * undefined where the text is neither. Date.parse alone would roll 2026-02-30 over into March, and take 24:00.
 */
export function readExpiry(text: string): number | undefined {
  const date = DATE.test(text) ? text : DATE_TIME.exec(text)?.[1]
  if (date === undefined || !isCalendarDate(date)) return undefined
  const time = Date.parse(DATE.test(text) ? `${text}T23:59:59.999Z` : text.toUpperCase())
  return Number.isNaN(time) ? undefined : time
}

function isCalendarDate(date: string): boolean {
  const time = Date.parse(`${date}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date)
}
