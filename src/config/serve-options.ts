import { LABEL } from '../core/facts/dns-name.ts'
import { HCO_VERSION, HCO_VERSION_FORM } from '../core/settings/hco-version.ts'

/** How much is logged; each level includes the ones before it. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Where a cluster is looked for; `auto`: as in a pod where there is one, and by a kubeconfig only where one is named. */
const CLUSTER_CHOICES = ['none', 'kubeconfig', 'in-cluster', 'auto'] as const
export type ClusterChoice = (typeof CLUSTER_CHOICES)[number]

/** Every setting of `serve`, whichever way it was given. */
export type ServeOptions = {
  readonly host: string
  readonly port: number
  readonly opsPort: number
  readonly tlsDir: string
  readonly policy: string | null
  readonly auditFile: string
  readonly auditMaxBytes: number
  readonly cluster: ClusterChoice
  readonly kubeconfig: string | null
  readonly hcoNamespace: string
  readonly hcoVersion: string | null
  readonly facts: string | null
  readonly approver: readonly string[]
  readonly clientCa: string | null
  readonly clientCn: string | null
  readonly replica: string
  readonly logLevel: LogLevel
  readonly shutdownDelay: number
  readonly dev: boolean
}

/** One option as the command line, the environment, the file, the help and the schema know it. */
export type OptionSpec = {
  /** Its name as a flag and in the file. */
  readonly name: string
  /** What stands for the value in the help; none for a switch. */
  readonly argument?: string
  readonly hint: string
  /** JSON Schema of its value. */
  readonly schema: Readonly<Record<string, unknown>>
  /** What fits the schema, where neither its type nor a list of values says it. */
  readonly form?: string
}

const TEXT = { type: 'string', minLength: 1 }
const PORT = {
  schema: { type: 'integer', minimum: 0, maximum: 65535 },
  form: 'a port from 0 to 65535',
}

/** The options in the order of the help; defaults are in `DEFAULTS`. */
export const SERVE_OPTIONS: readonly OptionSpec[] = [
  { name: 'host', argument: 'ADDRESS', hint: 'address to listen on', schema: TEXT },
  { name: 'port', argument: 'PORT', hint: 'port for the API server (TLS)', ...PORT },
  { name: 'ops-port', argument: 'PORT', hint: 'port for probes and metrics (HTTP)', ...PORT },
  {
    name: 'tls-dir',
    argument: 'DIR',
    hint: 'folder with tls.crt, tls.key and ca.crt',
    schema: TEXT,
  },
  { name: 'policy', argument: 'FILE', hint: 'policy file; reloaded when it changes', schema: TEXT },
  {
    name: 'audit-file',
    argument: 'FILE',
    hint: 'audit log; - is standard output',
    schema: TEXT,
  },
  {
    name: 'audit-max-bytes',
    argument: 'BYTES',
    hint: 'size at which the audit log goes on in a new file; 0 is never',
    schema: { type: 'integer', minimum: 0 },
    form: 'a whole number of bytes, or 0,',
  },
  {
    name: 'cluster',
    argument: 'WHERE',
    hint: 'where to read the cluster: none, kubeconfig, in-cluster or auto',
    schema: { enum: CLUSTER_CHOICES },
  },
  {
    name: 'kubeconfig',
    argument: 'FILE',
    hint: 'kubeconfig for --cluster kubeconfig',
    schema: TEXT,
  },
  {
    name: 'hco-namespace',
    argument: 'NAMESPACE',
    hint: 'namespace of the HyperConverged',
    schema: { type: 'string', pattern: `^${LABEL}$` },
    form: 'the name of a namespace',
  },
  {
    name: 'hco-version',
    argument: 'X.Y',
    hint: 'version of HCO or OpenShift Virtualization whose stock defaults apply when no CRD can be read',
    schema: { type: 'string', pattern: HCO_VERSION },
    form: HCO_VERSION_FORM,
  },
  {
    name: 'facts',
    argument: 'FILE',
    hint: 'objects of a cluster to judge by, as oc get -o yaml prints them',
    schema: TEXT,
  },
  {
    name: 'approver',
    argument: 'USER',
    hint: 'user who may approve exceptions when no cluster is asked (repeatable)',
    schema: { type: 'array', items: TEXT },
  },
  {
    name: 'client-ca',
    argument: 'FILE',
    hint: 'CA of the client certificate that the API server must show',
    schema: TEXT,
  },
  {
    name: 'client-cn',
    argument: 'NAME',
    hint: 'common name that this certificate must have',
    schema: TEXT,
  },
  {
    name: 'replica',
    argument: 'NAME',
    hint: 'name of this replica in the audit log',
    schema: TEXT,
  },
  {
    name: 'log-level',
    argument: 'LEVEL',
    hint: LOG_LEVELS.join(', '),
    schema: { enum: LOG_LEVELS },
  },
  {
    name: 'shutdown-delay',
    argument: 'SECONDS',
    hint: 'time to go on serving after SIGTERM',
    schema: { type: 'number', minimum: 0, maximum: 300 },
    form: 'a number of seconds from 0 to 300',
  },
  {
    name: 'dev',
    hint: 'try it here: 127.0.0.1, certificates made when missing, readable log',
    schema: { type: 'boolean' },
  },
]

/** What holds where nothing else is said; `--dev` differs in a few. */
export function defaultsFor(dev: boolean, hostname: string): ServeOptions {
  return {
    host: dev ? '127.0.0.1' : '::',
    port: 8443,
    opsPort: 8081,
    tlsDir: 'certs',
    policy: null,
    auditFile: './audit.jsonl',
    auditMaxBytes: 128 * 1024 * 1024,
    cluster: dev ? 'none' : 'auto',
    kubeconfig: null,
    hcoNamespace: 'openshift-cnv',
    hcoVersion: null,
    facts: null,
    approver: [],
    clientCa: null,
    clientCn: null,
    replica: hostname,
    logLevel: 'info',
    shutdownDelay: dev ? 0 : 5,
    dev,
  }
}
