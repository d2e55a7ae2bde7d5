import { readDateTime } from '../date-time.ts'

const DATE = /^\d{4}-\d{2}-\d{2}$/

/**
 * The end of an exception in milliseconds since the epoch, from an RFC 3339 time, or a date, which means its end in UTC;
 * undefined where the text is neither.
 */
export function readExpiry(text: string): number | undefined {
  return readDateTime(DATE.test(text) ? `${text}T23:59:59.999Z` : text)
}
