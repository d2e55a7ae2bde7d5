/** What a version says of HCO. */
export type HcoVersion = {
  /** N of HCO 1.N. */
  readonly minor: number
  /** True for a version of OpenShift Virtualization, which people know rather than that of the HCO in it. */
  readonly mapped: boolean
}

// OpenShift Virtualization 4.(N+4) has HCO 1.N in it, from 4.8 with 1.4 to 4.22 with 1.18.
const AHEAD = 4
const OLDEST_MAPPED = 4
const NEWEST_MAPPED = 18
// The newest branch of which the stock defaults were read.
const NEWEST_READ = 20

/** The versions that can be configured, as a pattern: of HCO, or of OpenShift Virtualization from 4.8 on. */
export const HCO_VERSION = '^(?:1\\.[0-9]{1,4}|4\\.(?:[89]|[1-9][0-9]{1,3}))(?:\\.[0-9]{1,4})?$'

/** The same in words. */
export const HCO_VERSION_FORM =
  'a version such as 1.17, or one of OpenShift Virtualization from 4.8 on,'

/** Reads `1.17`, `1.17.3`, or `4.21` of OpenShift Virtualization; undefined for anything else. */
export function readHcoVersion(version: string): HcoVersion | undefined {
  const [, major, text] = /^v?([14])\.(\d{1,4})(?:\.|$|-)/.exec(version) ?? []
  if (major === undefined) return undefined
  if (major === '1') return { minor: Number(text), mapped: false }
  const minor = Number(text) - AHEAD
  return minor < OLDEST_MAPPED ? undefined : { minor, mapped: true }
}

/** What was assumed of a version, as a sentence; null where it says all. */
export function assumptionOf(version: string): string | null {
  const read = readHcoVersion(version)
  if (read === undefined) return null
  const { minor, mapped } = read
  const newer = minor > (mapped ? NEWEST_MAPPED : NEWEST_READ)
  const beyond = newer
    ? 'newer than this release knows: the newest defaults known were assumed'
    : ''
  if (!mapped) return newer ? `HCO ${version} is ${beyond}` : null
  const taken = `OpenShift Virtualization ${version} was taken for HCO 1.${minor}`
  return newer ? `${taken}, and is ${beyond}` : taken
}
