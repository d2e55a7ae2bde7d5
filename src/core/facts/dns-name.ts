/** A label of RFC 1123, as names of namespaces and rules are, for use within a regular expression. */
export const LABEL = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?'

/** Labels with dots between them (IsDNS1123Subdomain of apimachinery); at most 253 characters, which it does not check. */
export const SUBDOMAIN = `${LABEL}(?:\\.${LABEL})*`
