/** A label of RFC 1123, as names of namespaces and rules are, for use within a regular expression. */
export const LABEL = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?'

const PART = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?'

/** IsDNS1123Subdomain of apimachinery, which has no limit for a part; at most 253 characters, which this does not check. */
export const SUBDOMAIN = `${PART}(?:\\.${PART})*`

const NAME = new RegExp(`^${SUBDOMAIN}$`)
const LONGEST_NAME = 253

/** True for what can be the name of an object; most kinds allow any subdomain. */
export function isObjectName(text: string | undefined): text is string {
  return text !== undefined && text.length <= LONGEST_NAME && NAME.test(text)
}
