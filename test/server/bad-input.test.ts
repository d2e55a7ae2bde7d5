import { request } from 'node:https'
import t from 'tap'
import { fileSource } from '../../src/audit/log-sources.ts'
import { verifyLog } from '../../src/audit/verify.ts'
import { DEEPEST } from '../../src/server/reviews/nesting.ts'
import { BODY_LIMIT } from '../../src/server/reviews/receive-body.ts'
import { migrationPolicy, type Values } from '../support/review.ts'
import { type AskOptions, ask as askAnew, keepAlive } from './support/ask.ts'
import { CA, serve } from './support/guard.ts'
import { responseIn } from './support/response.ts'
import { example, UID, updateReview } from './support/review.ts'
import { until } from './support/until.ts'

const guard = await serve(t)
const agent = keepAlive(1)
t.teardown(() => agent.destroy())
const ask = (options: AskOptions) => askAnew(guard.port, CA, { agent, ...options })

const JSON_TYPE = 'application/json'
const review = updateReview({}, { parallelMigrationsPerCluster: 6 })
const withUid = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"${UID}",`

const policy = migrationPolicy('p', { selectors: { namespaceSelector: 'SELECTOR' } })
const policyReview = updateReview(
  {},
  {},
  {
    kind: { group: 'migrations.kubevirt.io', version: 'v1alpha1', kind: 'MigrationPolicy' },
    object: { ...policy, spec: { ...(policy.spec as Values), bandwidthPerMigration: '64Mi' } },
    oldObject: policy,
  },
)
const inside = (path: readonly string[], text: string) =>
  path.reduceRight((inner, key) => `{"${key}":${inner}}`, text)

type Case = {
  readonly name: string
  readonly body: string | Buffer
  readonly type?: string | null
  readonly status: number
  readonly uid: string
  readonly code: number
  readonly says: RegExp
}

const known = { status: 200, uid: UID }
const unknown = (code: number) => ({ status: code, uid: '', code })
const nested = (levels: number) => `${'{"a":['.repeat(levels / 2)}1${']}'.repeat(levels / 2)}`

const cases: readonly Case[] = [
  { name: 'an empty body', body: '', ...unknown(400), says: /body is empty/ },
  { name: 'no JSON', body: 'kind: AdmissionReview', ...unknown(400), says: /not JSON/ },
  {
    name: 'JSON that breaks off',
    body: review.slice(0, -20),
    ...known,
    code: 400,
    says: /not JSON/,
  },
  { name: 'a number', body: '7', ...unknown(400), says: /the body is 7/ },
  { name: 'a list', body: '[]', ...unknown(400), says: /not an AdmissionReview object/ },
  { name: 'null', body: 'null', ...unknown(400), says: /the body is null/ },
  { name: 'another kind', body: '{"kind":"Pod"}', ...unknown(400), says: /kind is "Pod"/ },
  {
    name: 'a review of another version',
    body: review.replace('admission.k8s.io/v1', 'admission.k8s.io/v2'),
    ...known,
    code: 400,
    says: /apiVersion is "admission.k8s.io\/v2"/,
  },
  {
    name: 'a request that is a list',
    body: '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":[]}',
    ...unknown(400),
    says: /request is \[\]/,
  },
  {
    name: 'a review without uid',
    body: updateReview({}, {}, { uid: undefined }),
    ...unknown(400),
    says: /request.uid is missing/,
  },
  {
    name: 'a uid alone',
    body: `${withUid}"x":1}}`,
    ...known,
    code: 400,
    says: /request.operation/,
  },
  {
    name: 'an update without oldObject',
    body: updateReview({}, {}, { oldObject: null }),
    ...known,
    code: 400,
    says: /request.oldObject is missing/,
  },
  {
    name: 'a request without an author',
    body: updateReview({}, {}, { userInfo: {} }),
    ...known,
    code: 400,
    says: /no author/,
  },
  {
    name: 'another resource',
    body: updateReview({}, {}, { kind: { group: '', version: 'v1', kind: 'Pod' } }),
    ...known,
    code: 400,
    says: /only HyperConverged/,
  },
  {
    name: 'YAML',
    body: review,
    type: 'application/yaml',
    ...known,
    code: 415,
    says: /application\/yaml/,
  },
  { name: 'no content type', body: review, type: null, ...known, code: 415, says: /missing/ },
  {
    name: 'a broken content type',
    body: review,
    type: 'json',
    ...known,
    code: 415,
    says: /"json"/,
  },
  {
    name: 'a content type that begins like the right one',
    body: review,
    type: 'application/jsonp',
    ...known,
    code: 415,
    says: /jsonp/,
  },
  {
    name: 'a content type and no uid',
    body: 'x',
    type: 'text/plain',
    ...unknown(415),
    says: /text/,
  },
  {
    name: 'bytes that are no UTF-8',
    body: Buffer.concat([Buffer.from(withUid), Buffer.from([0xc3, 0x28])]),
    ...known,
    code: 400,
    says: /not UTF-8/,
  },
  {
    name: 'a key __proto__',
    body: `${withUid}"object":{"metadata":{"__proto__":{"name":"x"}}}}}`,
    ...known,
    code: 400,
    says: /key request.object.metadata.__proto__ is refused/,
  },
  {
    name: 'a key __proto__ in escapes',
    body: `${withUid}"object":{"\\u005f_proto__":1}}}`,
    ...known,
    code: 400,
    says: /key request.object.__proto__ is refused/,
  },
  {
    name: 'a key constructor that holds prototype',
    body: `${withUid}"object":{"constructor":{"prototype":{}}}}}`,
    ...known,
    code: 400,
    says: /constructor.prototype is refused/,
  },
  ...[
    'metadata',
    'spec',
    'spec.liveMigrationConfig',
    'spec.virtualization.liveMigrationConfig',
  ].map(place => ({
    name: `a key __proto__ in ${place} of the old object`,
    body: `${withUid}"oldObject":${inside(place.split('.'), '{"__proto__":{}}')}}}`,
    ...known,
    code: 400,
    says: /oldObject\.[\w.]+\.__proto__ is refused/,
  })),
  {
    name: 'settings nested too deep in as few bytes as that takes',
    body: updateReview({}, {}).replace(
      '"progressTimeout":150',
      `"progressTimeout":${'['.repeat(DEEPEST)}${']'.repeat(DEEPEST)}`,
    ),
    ...known,
    code: 400,
    says: /nests deeper than 10000 levels/,
  },
  {
    name: 'settings nested deeper than anything is',
    body: updateReview({}, {}).replace(
      '"progressTimeout":150',
      `"progressTimeout":${nested(400_000)}`,
    ),
    ...known,
    code: 400,
    says: /nests deeper than 10000 levels/,
  },
  {
    name: '8 MiB',
    body: updateReview({}, { note: 'x'.repeat(8 * 1024 * 1024) }),
    ...known,
    code: 413,
    says: new RegExp(`more than ${BODY_LIMIT} bytes`),
  },
  {
    name: '8 MiB of nothing',
    body: 'x'.repeat(8 << 20),
    ...unknown(413),
    says: /more than 7340032 bytes/,
  },
]

for (const path of ['/validate', '/advise', '/mutate'])
  for (const { name, body, type = JSON_TYPE, status, uid, code, says } of cases)
    t.test(`${path} answers ${name} with a review`, async t => {
      const headers = type === null ? {} : { 'content-type': type }
      const reply = await ask({ path, body, headers } as AskOptions)
      const response = responseIn(reply.text)
      t.equal(reply.status, status)
      t.equal(response.uid, uid)
      t.equal(response.allowed, path !== '/validate')
      t.equal(response.patch, undefined)
      if (path === '/validate') {
        t.equal(response.status?.code, code)
        t.match(response.status?.message, says)
      } else {
        t.equal(response.warnings?.length, 1)
        t.match(response.warnings?.[0], /^migration-guard (filled nothing|could not judge this): /)
      }
    })

t.test('a body that stands for what it should is judged', async t => {
  const unusual: readonly (readonly [name: string, body: string, type: string])[] = [
    ['content type with parameters', review, 'Application/JSON; charset=utf-8'],
    [
      'an annotation called constructor',
      review.replace('"annotations":{}', '"annotations":{"constructor":"x","hasOwnProperty":"y"}'),
      JSON_TYPE,
    ],
    ['__proto__ as a value', review.replace('"alice"', '"__proto__"'), JSON_TYPE],
    [
      'a lone surrogate',
      review.replace('"annotations":{}', '"annotations":{"a":"\\ud800"}'),
      JSON_TYPE,
    ],
    ['many brackets in text', review.replace('"alice"', `"${'{['.repeat(2000)}\\"{"`), JSON_TYPE],
    ['blanks around', `\n ${JSON.stringify(JSON.parse(review), null, 4)} \n`, JSON_TYPE],
  ]
  for (const [name, body, type] of unusual) {
    const headers = { 'content-type': type }
    const reply = await ask({ path: '/validate', body, headers })
    t.match(responseIn(reply.text), { uid: UID, allowed: true }, name)
    t.equal(reply.status, 200, name)
  }
})

t.test('a key that names a prototype is data where the keys of a map are free', async t => {
  const poison = '{"__proto__":"x","constructor":{"prototype":"y"}}'
  const infra = `"spec":{"infra":{"nodePlacement":{"nodeSelector":${poison}}},`
  const edit = (before: Values, after: Values) =>
    updateReview(before, after).replaceAll('"spec":{', infra)
  const high = { parallelMigrationsPerCluster: 20 }
  const cases: readonly (readonly [name: string, body: string, allowed: boolean])[] = [
    ['an edit of something else', edit({}, { progressTimeout: 200 }), true],
    ['a repair', edit(high, {}), true],
    ['an edit that breaks a rule', edit({}, high), false],
    ['the selectors of a MigrationPolicy', policyReview.replaceAll('"SELECTOR"', poison), true],
  ]
  for (const [name, body, allowed] of cases) {
    t.ok(body.includes(poison), name)
    t.match(responseIn((await ask({ path: '/validate', body })).text), { uid: UID, allowed }, name)
    t.match(responseIn((await ask({ path: '/mutate', body })).text), { uid: UID, allowed: true })
  }
  t.match(await verifyLog([fileSource(guard.auditFile)]), { problem: null })
  t.equal(Reflect.get({}, 'prototype'), undefined)
})

t.test('many large bodies at once leave room for an ordinary one', async t => {
  const large = updateReview({}, { note: 'x'.repeat(6 * 1024 * 1024) })
  const unfinished: ReturnType<typeof startPost>[] = []
  const stop = () => {
    for (const outgoing of unfinished) outgoing.destroy()
  }
  t.teardown(stop)
  const begin = () => {
    const outgoing = startPost(guard.port, large)
    unfinished.push(outgoing)
    outgoing.write(large.slice(0, -1))
  }
  for (let count = 0; count < 8; count++) begin()
  let text = ''
  await until(async () => {
    // A slow machine answers the first ones before the last ones are there.
    begin()
    text = (await ask({ path: '/validate', body: large })).text
    return !responseIn(text).allowed
  })
  t.match(responseIn(text), { uid: UID, status: { code: 503, message: /try again/ } })
  const other = await ask({ path: '/validate', body: review })
  t.match(responseIn(other.text), { uid: UID, allowed: true })
  stop()
  await until(async () => responseIn((await ask({ path: '/validate', body: large })).text).allowed)
})

t.test('a v1beta1 review is answered in kind, also when it cannot be judged', async t => {
  const old = example('parallel-20').replace('admission.k8s.io/v1', 'admission.k8s.io/v1beta1')
  for (const body of [old, old.slice(0, -30)]) {
    const { text } = await ask({ path: '/validate', body })
    t.match(responseIn(text), { apiVersion: 'admission.k8s.io/v1beta1', allowed: false })
  }
})

t.test('wrong turns are told the way', async t => {
  const get = await ask({ path: '/validate', method: 'GET' })
  t.match(get, { status: 405, headers: { allow: 'POST' }, text: /POST an AdmissionReview/ })
  const put = await ask({ path: '/mutate', method: 'PUT', body: review })
  t.equal(put.status, 405)
  const lost = await ask({ path: '/validating', body: review })
  t.match(lost, { status: 404, text: /\/validate, \/advise, \/mutate/ })
  const timed = await ask({ path: '/validate?timeout=5s', body: review })
  t.equal(timed.status, 200)
})

t.test('what follows the path after a slash changes nothing', async t => {
  const hint = '/if-the-guard-is-down-see/docs/install.md?timeout=5s'
  for (const path of ['/validate', '/advise', '/mutate'])
    t.strictSame(await answersAt(path + hint), await answersAt(path), path)
  t.equal((await ask({ path: '/validated/x', body: review })).status, 404)
})

async function answersAt(path: string) {
  const headers = { 'content-type': 'no type' }
  const posted = [{ body: example('parallel-20') }, { body: review, headers }]
  const reviews = await Promise.all(posted.map(options => ask({ path, ...options })))
  const wrong = await ask({ path, method: 'GET' })
  const responses = reviews.map(({ text }) => {
    const { auditAnnotations, ...response } = responseIn(text)
    return { ...response, decision: auditAnnotations?.decision }
  })
  return { responses, wrong: [wrong.status, wrong.text] }
}

function startPost(port: number, body: string) {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const options = {
    method: 'POST',
    host: '127.0.0.1',
    port,
    path: '/validate',
    ca: CA,
    agent: false,
  }
  return request({ ...options, headers }).on('error', () => {})
}
