const DAY_MS = 86_400_000
const WARNING_DAYS = 30

/** Where a certificate stands in its life. */
export type Expiry = {
  readonly state: 'not-yet-valid' | 'valid' | 'expires-soon' | 'expired'
  readonly warning?: string
}

/** Judges validity at one moment; anything but `valid` comes with a sentence. */
export function expiryOf(validity: { notBefore: Date; notAfter: Date }, now: Date): Expiry {
  const { notBefore, notAfter } = validity
  if (now < notBefore)
    return { state: 'not-yet-valid', warning: `is not valid before ${notBefore.toISOString()}` }
  const left = notAfter.getTime() - now.getTime()
  if (left < 0) return { state: 'expired', warning: `expired on ${notAfter.toISOString()}` }
  if (left >= WARNING_DAYS * DAY_MS) return { state: 'valid' }
  const days = Math.floor(left / DAY_MS)
  const rest = days === 0 ? 'less than a day' : days === 1 ? '1 day' : `${days} days`
  return {
    state: 'expires-soon',
    warning: `expires on ${notAfter.toISOString()}, ${rest} from now`,
  }
}
