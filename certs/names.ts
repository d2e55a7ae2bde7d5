import { isIP } from 'node:net'
import { canonicalIp } from '../src/certificates/x509.ts'
import { LABEL } from '../src/core/facts/dns-name.ts'
import { CertificateInputError, type InputField } from './input-error.ts'

/** The names a certificate is valid for. */
export type CertificateNames = {
  readonly hosts: readonly string[]
  readonly ips: readonly string[]
}

/** What a webhook's certificate is asked for: its Service and whatever else reaches it. */
export type WebhookNames = Partial<CertificateNames> & {
  readonly service: string
  readonly namespace: string
}

const IS_LABEL = new RegExp(`^${LABEL}$`)
// Services are RFC 1035 labels, which begin with a letter (apimachinery IsDNS1035Label).
const SERVICE = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/

/** The forms of a Service name (the API server asks for `<svc>.<ns>.svc`), localhost, and more. */
export function webhookNames({ service, namespace, hosts = [], ips = [] }: WebhookNames) {
  if (!SERVICE.test(service)) throw wrong('service', service, 'not the name of a Service')
  if (!IS_LABEL.test(namespace)) throw wrong('namespace', namespace, 'not the name of a namespace')
  const inCluster = ['', '.svc', '.svc.cluster.local'].map(end => `${service}.${namespace}${end}`)
  return checkNames({
    hosts: [...inCluster, 'localhost', ...hosts],
    ips: ['127.0.0.1', '::1', ...ips],
  })
}

/** The names in canonical form, once each; throws for one that no client would match. */
export function checkNames({ hosts, ips }: CertificateNames): CertificateNames {
  if (hosts.length === 0) throw new CertificateInputError('hosts', 'is empty: a name is needed')
  return { hosts: [...new Set(hosts.map(checkHost))], ips: [...new Set(ips.map(checkIp))] }
}

function checkHost(text: string): string {
  const host = text.toLowerCase()
  if (isIP(host) !== 0) throw wrong('hosts', text, 'an address, not a name')
  if (host.length > 253) throw wrong('hosts', text, 'longer than 253 characters (RFC 1035)')
  if (host.endsWith('.')) throw wrong('hosts', text, 'ends in a dot (RFC 5280 §4.2.1.6)')
  const labels = host.split('.')
  if (host.includes('*') && !validWildcard(labels)) throw wrong('hosts', text, WILDCARD)
  for (const label of labels[0] === '*' ? labels.slice(1) : labels)
    if (!IS_LABEL.test(label)) throw wrong('hosts', text, 'not a DNS name (RFC 1123)')
  // URL parsers take a name that ends in a number for an IPv4 address, so it could never be dialled.
  if (/^\d+$/.test(labels.at(-1) ?? '')) throw wrong('hosts', text, 'ends in a number')
  return host
}

const WILDCARD = 'a wildcard stands for the whole first label, with two more after it'

// RFC 9525 §6.3, Node's checkServerIdentity: leftmost, a whole label, not below a top-level domain.
function validWildcard([first, ...rest]: readonly string[]): boolean {
  return first === '*' && rest.length >= 2 && !rest.some(label => label.includes('*'))
}

function checkIp(text: string): string {
  // net.isIP accepts a zone ("fe80::1%eth0"), which a certificate cannot hold.
  if (isIP(text) === 0 || text.includes('%')) throw wrong('ips', text, 'not an IP address')
  return canonicalIp(text)
}

function wrong(field: InputField, value: string, reason: string): CertificateInputError {
  return new CertificateInputError(field, `${JSON.stringify(value)}: ${reason}`)
}
