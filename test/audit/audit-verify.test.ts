import { join } from 'node:path'
import t from 'tap'
import { type AuditVerifyOptions, runAuditVerify } from '../../src/cli/audit-verify.ts'
import { explainFailure } from '../../src/cli/explain-failure.ts'
import { chainOf, fileOf, headOf, programLog, sourceOf } from './support/lines-of.ts'

const lines = chainOf(6)
const { hash } = headOf(lines)
const dir = t.testdir({
  'audit.jsonl': fileOf(lines.slice(3)),
  'audit.jsonl.000000000001': fileOf(lines.slice(0, 3)),
  changed: { 'audit.jsonl': fileOf(lines).replace('"denied"', '"granted"') },
  gap: {
    'audit.jsonl': fileOf(lines.slice(4)),
    'audit.jsonl.000000000001': fileOf(lines.slice(0, 2)),
  },
})
const path = (name: string) => join(dir, name)

async function run(files: string[], options: AuditVerifyOptions = {}, stdin = '', isTTY = false) {
  let [stdout, stderr] = ['', '']
  const io = {
    stdin: sourceOf('-', stdin).read(),
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text), isTTY },
  }
  const code = await runAuditVerify(files, options, io).catch(error => explainFailure(error, io))
  return {
    code,
    stdout: stdout.replaceAll(`${dir}/`, ''),
    stderr: stderr.replaceAll(`${dir}/`, ''),
  }
}

const VERIFIED = `verified: records 1 to 6, 2026-11-23T12:00:01.000Z to 2026-11-23T12:00:06.000Z in 2 files
head: record 6, hash ${hash}
`

t.test('a whole log is verified, with its full files', async t => {
  t.same(await run([path('audit.jsonl')]), { code: 0, stdout: VERIFIED, stderr: '' })
  t.same(await run([dir]), await run([path('audit.jsonl.000000000001'), path('audit.jsonl')]))
})

t.test('the message about a changed record names the file, the line and both hashes', async t => {
  const { code, stdout } = await run([path('changed')])
  t.equal(code, 1)
  t.match(
    stdout,
    /^changed\/audit.jsonl:3: record 3 was changed after it was written: its hash is \w{64}, the line says \w{64}\nbroken: up to here the chain is intact: records 1 to 2, .*; nothing after it is proven\n$/,
  )
})

t.test('a missing file is named', async t => {
  const { code, stdout } = await run([path('gap/audit.jsonl')])
  t.equal(code, 1)
  t.match(
    stdout,
    /records 3 to 4 are missing .* the file audit.jsonl.000000000003 that begins with record 3/,
  )
})

t.test('part of a log is verified with a warning', async t => {
  const { code, stdout } = await run(['-'], {}, fileOf(lines.slice(5)))
  t.equal(code, 0)
  t.match(
    stdout,
    /^warning: standard input:1: the log starts at record 6: .*\nverified: record 6, .* in one file\n/,
  )
  t.match(await run(['-'], { complete: true }, fileOf(lines.slice(5))), {
    code: 1,
    stdout: /broken: nothing before this is intact\n$/,
  })
})

t.test("what is passed over of the program's own log is told", async t => {
  const [one = '', ...others] = lines
  for (const [mixed, told] of [
    [[programLog('serving'), ...lines], '1 line'],
    [[programLog('serving'), one, programLog('followed'), ...others], '2 lines'],
  ] as const)
    t.match(await run(['-'], {}, fileOf(mixed)), {
      code: 0,
      stdout: new RegExp(`\\npassed over: ${told} of the program's own log\n$`),
    })
  const { stdout } = await run(['-'], { output: 'json' }, fileOf([programLog('x'), one]))
  t.match(JSON.parse(stdout), { verified: true, records: 1, passedOver: 1 })
})

t.test('a log without records is no proof of anything, and not called broken', async t => {
  for (const text of ['', fileOf([programLog('serving')])]) {
    const { code, stdout } = await run(['-'], {}, text)
    t.equal(code, 1)
    t.match(
      stdout,
      /there are no records[^\n]*\nnot verified: a log without records proves nothing\n/,
    )
    t.notMatch(stdout, 'broken')
  }
})

t.test('a known record that is not in the log is reported', async t => {
  const cut = fileOf(lines.slice(0, 4))
  t.match(await run(['-'], { head: hash.toUpperCase(), lastSequence: '6' }, fileOf(lines)), {
    code: 0,
  })
  t.match(await run(['-'], { head: `6:${hash}` }, fileOf(lines)), { code: 0 })
  t.match(await run(['-'], { head: `5:${hash}` }, fileOf(lines)), {
    code: 1,
    stdout: /record 5 has the hash \w{64}, but is known to have had/,
  })
  t.match(await run(['-'], { lastSequence: 6 }, cut), {
    code: 1,
    stdout: /the log ends at record 4, but record 6 is known to exist: its end was cut off/,
  })
})

t.test('json output holds the whole result', async t => {
  const { code, stdout } = await run([dir], { output: 'json' })
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { verified: true, records: 6, head: hash, problem: null })
  const broken = await run([path('gap')], { output: 'json' })
  t.equal(broken.code, 1)
  t.match(JSON.parse(broken.stdout), {
    verified: false,
    problem: { kind: 'missing-file', line: 1 },
  })
})

t.test('a log is found among files that hold no records', async t => {
  const others = { '.dockerignore': 'dist\n', 'c.yaml': 'kind: ConfigMap\n', 'empty.txt': '' }
  const log = {
    'audit.jsonl': fileOf(lines.slice(3)),
    'audit.jsonl.000000000001': fileOf(lines.slice(0, 3)),
  }
  const folder = t.testdir({
    one: { ...others, ...log },
    none: others,
    two: { ...others, ...log, 'b.jsonl': fileOf(lines) },
  })
  t.match(await run([join(folder, 'one')]), { code: 0, stdout: VERIFIED })
  t.match(await run([join(folder, 'none')]), {
    code: 3,
    stderr: /there is no log in this directory/,
  })
  t.match(await run([join(folder, 'two')]), {
    code: 3,
    stderr: /2 logs, name one of them: \S+audit.jsonl, \S+b.jsonl\n$/,
  })
})

t.test(
  'a file that never was a log is said to be none; a log that was destroyed is broken',
  async t => {
    const broken = fileOf(lines).replace('{', '')
    const folder = t.testdir({
      'c.yaml': 'kind: ConfigMap\n',
      'list.json': '[]\n',
      'audit.jsonl': broken,
    })
    for (const name of ['c.yaml', 'list.json'])
      t.match(await run([join(folder, name)]), {
        code: 3,
        stdout: '',
        stderr: new RegExp(`${name} is not an audit log: no line of it is a record\n$`),
      })
    t.match(await run([join(folder, 'audit.jsonl')]), {
      code: 1,
      stdout: /:1: the line is not JSON/,
    })
  },
)

const badInput: [name: string, files: string[], options: AuditVerifyOptions, message: RegExp][] = [
  ['no file', [], {}, /name a log, its directory, or -/],
  ['a file that is not there', ['nowhere'], {}, /nowhere: there is no such file/],
  ['standard input with a file', ['-', 'a'], {}, /no other file/],
  ['a short hash', ['-'], { head: 'abc' }, /--head "abc": a SHA-256/],
  ['a number that is none', ['-'], { lastSequence: '1e3' }, /--last-sequence "1e3"/],
  ['an unknown output', ['-'], { output: 'xml' }, /--output "xml": one of text, json/],
]

for (const [name, files, options, message] of badInput) {
  t.test(`bad input is told: ${name}`, async t => {
    const { code, stdout, stderr } = await run(files, options)
    t.match({ code, stdout }, { code: 3, stdout: '' })
    t.match(stderr, message)
    t.match(stderr, /^error: [^\n]*\n$/)
  })
}

t.test('a path that cannot be looked at is bad input', async t => {
  t.match(await run([path('audit.jsonl/x')]), {
    code: 3,
    stdout: '',
    stderr: /: there is no such file: part of the path is not a folder\n$/,
  })
})

t.test('a stream that fails is bad input', async t => {
  const stdin = (async function* () {
    yield Buffer.from(`${lines[0]}\n`)
    throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' })
  })()
  const silent = { write: () => {} }
  const io = { stdin, stdout: silent, stderr: silent }
  await t.rejects(runAuditVerify(['-'], {}, io), {
    code: 'BAD_INPUT',
    message: 'standard input: cannot be read: EIO: i/o error, read',
  })
})

t.test('long work shows on a terminal how far it is', async t => {
  async function* slowly() {
    for (const line of lines.slice(0, 2)) {
      await new Promise(resolve => setTimeout(resolve, 300))
      yield Buffer.from(`${line}\n`)
    }
  }
  let shown = ''
  const stderr = { isTTY: true, write: (text: string) => (shown += text) }
  await runAuditVerify(['-'], {}, { stdin: slowly(), stdout: { write: () => {} }, stderr })
  t.match(shown, /^\r\d records verified/)
})
