import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import t from 'tap'
import { readServeOptions } from '../../src/config/read-serve-options.ts'
import { defaultsFor, SERVE_OPTIONS } from '../../src/config/serve-options.ts'

const read = (flags: object, env: Readonly<Record<string, string>> = {}) =>
  readServeOptions({ flags: { ...flags }, env, hostname: 'guard-0' })

t.test('without anything said, the defaults of a pod hold', async t => {
  t.match(read({}), {
    host: '::',
    port: 8443,
    opsPort: 8081,
    tlsDir: 'certs',
    cluster: 'auto',
    hcoNamespace: 'openshift-cnv',
    replica: 'guard-0',
    approver: [],
    shutdownDelay: 5,
    dev: false,
  })
})

t.test('docs/audit.md names the size at which the log goes on in a new file', async t => {
  const page = readFileSync(new URL('../../docs/audit.md', import.meta.url), 'utf8')
  t.match(page, `has reached ${read({}).auditMaxBytes / 1024 ** 2} MiB`)
})

t.test('--dev binds this machine alone, asks no cluster and does not wait at the end', async t => {
  t.match(read({ dev: true }), { host: '127.0.0.1', cluster: 'none', shutdownDelay: 0 })
  t.match(read({ dev: true, host: '0.0.0.0' }), { host: '0.0.0.0' })
  t.match(read({}, { MIGRATION_GUARD_DEV: 'true' }), { dev: true, host: '127.0.0.1' })
})

t.test('flags win over variables, variables over the file, the file over defaults', async t => {
  const dir = t.testdir({
    'guard.yaml': 'port: 1\nops-port: 2\ntls-dir: /three\napprover: carol\n',
  })
  const config = `${dir}/guard.yaml`
  const env = { MIGRATION_GUARD_PORT: '10', MIGRATION_GUARD_OPS_PORT: '20' }
  const expected = { port: 100, opsPort: 20, tlsDir: '/three', approver: ['carol'], host: '::' }
  t.match(read({ config, port: '100' }, env), expected)
  t.match(read({ port: '100' }, { ...env, MIGRATION_GUARD_CONFIG: config }), expected)
})

t.test('a list is a repeated flag, a comma list in a variable, a list in the file', async t => {
  const dir = t.testdir({ 'guard.yaml': 'approver: [dave, "eve"]\n' })
  t.same(read({ approver: ['alice', 'bob'] }).approver, ['alice', 'bob'])
  t.same(read({}, { MIGRATION_GUARD_APPROVER: 'alice, system:serviceaccount:a:b' }).approver, [
    'alice',
    'system:serviceaccount:a:b',
  ])
  t.same(read({ config: `${dir}/guard.yaml` }).approver, ['dave', 'eve'])
})

t.test('the variables that Kubernetes sets for a Service are not taken for ours', async t => {
  const env = {
    MIGRATION_GUARD_PORT: 'tcp://10.0.0.1:443',
    MIGRATION_GUARD_SERVICE_HOST: '10.0.0.1',
    MIGRATION_GUARD_PORT_443_TCP: 'tcp://10.0.0.1:443',
  }
  t.equal(read({}, env).port, 8443)
})

const wrong: readonly (readonly [name: string, flags: object, env: object, says: RegExp])[] = [
  ['a flag', { port: '80a' }, {}, /^--port "80a": a port from 0 to 65535 is needed$/],
  [
    'a port that is none',
    { port: '70000' },
    {},
    /^--port 70000: a port from 0 to 65535 is needed$/,
  ],
  [
    'a variable',
    {},
    { MIGRATION_GUARD_OPS_PORT: 'x' },
    /^MIGRATION_GUARD_OPS_PORT "x": a port from 0 to 65535 is needed$/,
  ],
  [
    'a choice',
    { cluster: 'here' },
    {},
    /^--cluster "here": one of none, kubeconfig, in-cluster, auto is needed$/,
  ],
  [
    'a mistyped choice',
    { logLevel: 'warning' },
    {},
    /^--log-level "warning": one of silent, error, warn, info, debug is needed$/,
  ],
  [
    'a choice with a slip in it',
    { cluster: 'kubconfig' },
    {},
    /^--cluster "kubconfig": one of .* is needed; did you mean kubeconfig\?$/,
  ],
  ['a size', { auditMaxBytes: '-1' }, {}, /^--audit-max-bytes -1: a whole number of bytes, or 0, /],
  ['a time', { shutdownDelay: '999' }, {}, /^--shutdown-delay 999: a number of seconds from 0 to/],
  [
    'one port for both',
    { port: '9000', opsPort: '9000' },
    {},
    /^--ops-port 9000: another port is needed, this one is for reviews$/,
  ],
  [
    'the port of the probes',
    {},
    { MIGRATION_GUARD_PORT: '8081' },
    /^MIGRATION_GUARD_PORT 8081: another port is needed, this one is for probes and metrics$/,
  ],
  [
    'a switch',
    {},
    { MIGRATION_GUARD_DEV: 'yes' },
    /^MIGRATION_GUARD_DEV "yes": true or false is needed$/,
  ],
  [
    'a version',
    { hcoVersion: 'latest' },
    {},
    /^--hco-version "latest": a version such as 1.17 is needed$/,
  ],
  [
    'a namespace',
    { hcoNamespace: 'A_b' },
    {},
    /^--hco-namespace "A_b": the name of a namespace is needed$/,
  ],
  ['an empty file name', { policy: '' }, {}, /^--policy "": text is needed; leave the setting out/],
  [
    'two at once',
    { port: 'x', replica: '' },
    {},
    /^several settings cannot be honoured:\n--port "x": .*\n--replica "": /,
  ],
  [
    'no such file',
    { config: '/nowhere/guard.yaml' },
    {},
    /^--config \/nowhere\/guard.yaml: there is no such file/,
  ],
]
for (const [name, flags, env, says] of wrong)
  t.test(`${name} that is wrong is named with where it was written`, async t => {
    t.throws(() => read(flags, env as Readonly<Record<string, string>>), {
      message: says,
      code: 'BAD_OPTION',
    })
  })

t.test('a file that is wrong is named with the key', async t => {
  const files: readonly (readonly [text: string, says: RegExp])[] = [
    ['hco-version: 1.20', /guard.yaml: hco-version 1.2: text is needed; put quotes around it$/],
    ['prot: 1', /guard.yaml: prot: there is no such setting; did you mean port\?$/],
    ['colour: red', /guard.yaml: colour: there is no such setting; known are host, port/],
    ['- port', /guard.yaml: expected settings such as/],
    ['port: [', /guard.yaml: .*\(line 1/],
    ['approver: [1]', /guard.yaml: approver 1: text is needed; put quotes around it$/],
  ]
  for (const [text, says] of files) {
    const dir = t.testdir({ 'guard.yaml': text })
    t.throws(() => read({ config: `${dir}/guard.yaml` }), { message: says })
  }
  const empty = t.testdir({ 'guard.yaml': '' })
  t.doesNotThrow(() => read({ config: `${empty}/guard.yaml` }))
})

t.test('the schema of every option is one, and its default is valid', async t => {
  const defaults = new Map(Object.entries(defaultsFor(false, 'guard-0')))
  for (const { name, schema } of SERVE_OPTIONS) {
    const validate = new Ajv({ strict: true }).compile({ ...schema })
    const value = defaults.get(name.replace(/-(.)/g, (_all, letter) => letter.toUpperCase()))
    t.ok(value === null || validate(value), name)
  }
})
