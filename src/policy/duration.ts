// Go's units in Go's order, plus days, which administrators think in. Fractions ("1.5h") and a bare number are left out:
// the first reads badly, the second has no unit.
const FORM = /^(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/

/** The form of a duration as a pattern for the JSON Schema. */
export const DURATION_PATTERN = `^(?=\\d)${FORM.source.slice(1).replaceAll('?:', '')}`

/** Seconds of a duration such as `720h`, `30d` or `1h30m`; undefined where the text is none. */
export function parseDuration(text: string): number | undefined {
  const match = text === '' ? null : FORM.exec(text)
  if (!match) return undefined
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1)
    .map(part => Number(part ?? 0))
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
}
