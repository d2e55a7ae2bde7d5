import { join } from 'node:path'
import t from 'tap'
import { after, type Head, seal } from '../../src/audit/chain.ts'
import { fileSource, findLogFiles } from '../../src/audit/log-sources.ts'
import type { LogProblem } from '../../src/audit/verification.ts'
import { verifyLog } from '../../src/audit/verify.ts'
import { chainOf, fileOf, headOf, programLog, sourceOf } from './support/lines-of.ts'

const lines = chainOf(9)
const [early, middle, late] = [lines.slice(0, 3), lines.slice(3, 6), lines.slice(6)]
const part = (name: string, text: readonly string[] | string) =>
  sourceOf(name, typeof text === 'string' ? text : fileOf(text))
const names = ['audit.jsonl.000000000001', 'audit.jsonl.000000000004', 'audit.jsonl'] as const

t.test('the result of a whole log', async t => {
  t.same(await verifyLog([part('audit.jsonl', lines)]), {
    files: [{ name: 'audit.jsonl', records: 9 }],
    records: 9,
    first: 1,
    last: 9,
    head: headOf(lines).hash,
    from: '2026-11-23T12:00:01.000Z',
    until: '2026-11-23T12:00:09.000Z',
    problem: null,
    warnings: [],
    passedOver: 0,
    recoveries: 0,
  })
})

t.test('files are read in the order of their records', async t => {
  const files = [part(names[2], late), part(names[0], early), part(names[1], middle)]
  const result = await verifyLog(files)
  t.match(result, { records: 9, problem: null })
  t.same(
    result.files.map(file => file.name),
    names,
  )
  const renamed = [part('march', late), part('january', early), part('february', middle)]
  t.match(await verifyLog(renamed), { records: 9, problem: null })
})

t.test(
  "lines of the program's own log are passed over, wherever they stand, and counted",
  async t => {
    const mixed = (part: readonly string[]) => [
      programLog('first'),
      ...part.flatMap(line => [line, programLog('between')]),
    ]
    const files = [part('march', mixed(late)), part('january', mixed([...early, ...middle]))]
    const result = await verifyLog(files)
    t.match(result, { records: 9, last: 9, problem: null, passedOver: 11 })
    t.same(result.files, [
      { name: 'january', records: 6 },
      { name: 'march', records: 3 },
    ])
    const gap = await verifyLog([part('january', mixed(early)), part('march', mixed(late))])
    t.match(gap.problem, { kind: 'missing-file', line: 2 })
  },
)

t.test('an active file without records comes last', async t => {
  const files = [part(names[2], ''), part(names[1], middle), part(names[0], early)]
  t.match(await verifyLog(files), { records: 6, last: 6, problem: null })
})

// A record that is sound in itself, in place of the fifth.
const forged = seal(
  { type: 'decision', decision: 'allowed' },
  after(headOf(lines.slice(0, 4))),
).line
const [, fifth = ''] = middle
const changed = fifth.replace('allowed', 'refused')
const problems: [
  name: string,
  files: [string, readonly string[] | string][],
  found: Omit<LogProblem, 'message'> & { message: RegExp },
][] = [
  [
    'a changed record',
    [['a', lines.with(4, changed)]],
    {
      file: 'a',
      line: 5,
      kind: 'hash-mismatch',
      message:
        /^record 5 was changed after it was written: its hash is \w{64}, the line says \w{64}$/,
    },
  ],
  [
    'a record that was written anew',
    [['a', lines.with(4, forged)]],
    { file: 'a', line: 6, kind: 'prev-mismatch', message: /^record 6 does not follow/ },
  ],
  [
    'a missing record',
    [['a', lines.toSpliced(4, 1)]],
    {
      file: 'a',
      line: 5,
      kind: 'sequence-gap',
      message: /^record 5 is missing here, removed or moved: the line holds record 6$/,
    },
  ],
  [
    'missing records',
    [['a', lines.toSpliced(2, 3)]],
    { file: 'a', line: 3, kind: 'sequence-gap', message: /^records 3 to 5 are missing/ },
  ],
  [
    'a record that comes twice',
    [['a', lines.toSpliced(4, 0, fifth)]],
    { file: 'a', line: 6, kind: 'duplicate', message: /^record 5 comes again/ },
  ],
  [
    'an empty line',
    [['a', lines.toSpliced(4, 0, '')]],
    { file: 'a', line: 5, kind: 'bad-json', message: /not JSON/ },
  ],
  [
    'a torn last line',
    [['a', `${fileOf(lines)}{"type`]],
    { file: 'a', line: 10, kind: 'torn-line', message: /^the last 6 bytes are not a whole line/ },
  ],
  [
    'a last line without line break',
    [['a', fileOf(lines).slice(0, -1)]],
    { file: 'a', line: 9, kind: 'torn-line', message: /are not a whole line/ },
  ],
  [
    'a torn line in an older file',
    [
      [names[0], fileOf(early).slice(0, -1)],
      [names[2], lines.slice(3)],
    ],
    { file: names[0], line: 3, kind: 'bad-json', message: /newer files follow/ },
  ],
  [
    'a missing file',
    [
      [names[0], early],
      [names[2], late],
    ],
    {
      file: names[2],
      line: 1,
      kind: 'missing-file',
      message:
        /^records 4 to 6 are missing between audit.jsonl.000000000001 and audit.jsonl: the file audit.jsonl.000000000004 that begins with record 4 was not given$/,
    },
  ],
  [
    'a missing file among renamed ones',
    [
      ['january', early],
      ['march', late],
    ],
    {
      file: 'march',
      line: 1,
      kind: 'missing-file',
      message: /between january and march: the file that begins/,
    },
  ],
  [
    'files that overlap',
    [
      ['x', lines.slice(0, 5)],
      ['y', lines.slice(3)],
    ],
    { file: 'y', line: 1, kind: 'duplicate', message: /record 4 comes again/ },
  ],
  [
    'records that changed places',
    [['a', lines.with(2, lines[3] ?? '').with(3, lines[2] ?? '')]],
    {
      file: 'a',
      line: 3,
      kind: 'sequence-gap',
      message: /^record 3 is missing here, removed or moved: the line holds record 4$/,
    },
  ],
  ['no records', [['a', '']], { file: 'a', line: 0, kind: 'no-records', message: /no records$/ }],
  [
    "no records among the program's own log",
    [['a', [programLog('serving')]]],
    {
      ...{ file: 'a', line: 1, kind: 'no-records' },
      message: /^there are no records, only lines of the program's own log$/,
    },
  ],
  [
    "a record that was made to look like a line of the program's own log",
    [['a', lines.with(4, programLog('nothing'))]],
    { file: 'a', line: 6, kind: 'sequence-gap', message: /^record 5 is missing here/ },
  ],
  [
    'a record that has the members of such a line as well',
    [['a', lines.with(4, fifth.replace('{', '{"level":"info","message":"",'))]],
    { file: 'a', line: 5, kind: 'hash-mismatch', message: /^record 5 was changed/ },
  ],
  [
    'an object that is neither a record nor such a line',
    [['a', lines.toSpliced(4, 0, '{"time":"now","level":"fatal","message":"x"}')]],
    { file: 'a', line: 5, kind: 'not-a-record', message: /not a record/ },
  ],
]

for (const [name, files, found] of problems) {
  t.test(`${name} is found, and where`, async t => {
    const result = await verifyLog(files.map(([file, text]) => part(file, text)))
    t.match(result.problem, found)
    t.ok(result.records < 10)
  })
}

t.test('what comes before a problem is counted, nothing after it', async t => {
  const result = await verifyLog([
    part(names[0], early),
    part(names[2], [...middle.with(1, changed), ...late]),
  ])
  t.match(result, { records: 4, first: 1, last: 4, head: headOf(lines.slice(0, 4)).hash })
  t.match(result.files, [{ records: 3 }, { records: 1 }])
})

t.test(
  'a log that does not start at record 1 is a warning, or a problem where all is asked for',
  async t => {
    const rest = part('a', lines.slice(3))
    const start = {
      file: 'a',
      line: 1,
      kind: 'late-start',
      message: /starts at record 4: earlier files/,
    }
    t.match(await verifyLog([rest]), { records: 6, first: 4, problem: null, warnings: [start] })
    t.match(await verifyLog([rest], { complete: true }), { records: 0, problem: start })
  },
)

const headAt = (number: number): Head => headOf(lines.slice(0, number))
const known: [
  name: string,
  from: number,
  to: number,
  options: { head?: string; lastSequence?: number },
  kind: LogProblem['kind'] | null,
][] = [
  ['the last record', 1, 9, { head: headAt(9).hash }, null],
  ['an earlier record', 1, 9, { head: headAt(5).hash }, null],
  ['the number of the last record', 1, 9, { lastSequence: 9 }, null],
  ['number and hash of a record', 1, 9, { head: headAt(5).hash, lastSequence: 5 }, null],
  ['the hash of a record that was cut off', 1, 8, { head: headAt(9).hash }, 'cut-tail'],
  ['the number of a record that was cut off', 1, 8, { lastSequence: 9 }, 'cut-tail'],
  [
    'number and hash of a record that was cut off',
    1,
    8,
    { head: headAt(9).hash, lastSequence: 9 },
    'cut-tail',
  ],
  ['another hash for a number', 1, 9, { head: headAt(4).hash, lastSequence: 5 }, 'other-chain'],
  [
    'a record of a file that was not given',
    4,
    9,
    { head: headAt(2).hash, lastSequence: 2 },
    'cut-tail',
  ],
]

for (const [name, from, to, options, kind] of known) {
  t.test(`a log is compared with what is known: ${name}`, async t => {
    const { problem } = await verifyLog([part('a', lines.slice(from - 1, to))], options)
    t.equal(problem?.kind ?? null, kind)
  })
}

t.test('records about crashes are told, the first twenty of them', async t => {
  const note = { type: 'recovery', tornBytes: 5, tornFile: 'a\u001b[31m.torn-000000000001' }
  const noted = chainOf(25, undefined, () => note)
  const { warnings, recoveries, problem } = await verifyLog([part('a', noted)])
  t.match([problem, recoveries, warnings.length], [null, 25, 20])
  t.match(warnings[0], { kind: 'recovery', message: 'record 1 notes that a crash left 5 bytes' })
  t.notMatch(warnings[0]?.message, '\u001b')
})

t.test('times that are none are not reported', async t => {
  const odd = chainOf(2, undefined, number => ({ time: number === 1 ? '\u001b[2J' : 7 }))
  t.match(await verifyLog([part('a', odd)]), { records: 2, from: null, until: null })
})

t.test('a line longer than any record ends the reading', async t => {
  const endless = {
    name: 'a',
    async *read() {
      for (;;) yield Buffer.alloc(8 * 1024 * 1024, 97)
    },
  }
  t.match((await verifyLog([endless])).problem, { kind: 'torn-line', line: 1 })
})

t.test('paths stand for the files of a log', async t => {
  const dir = t.testdir({
    'audit.jsonl': '',
    'audit.jsonl.000000000004': '',
    'audit.jsonl.000000000001': '',
    'audit.jsonl.lock': '',
    'audit.jsonl.torn-000000000003': '',
    two: { 'a.jsonl': fileOf(chainOf(1)), 'b.jsonl': fileOf(chainOf(1)) },
    six: Object.fromEntries([...'abcdef'].map(name => [`${name}.jsonl`, fileOf(chainOf(1))])),
    none: {},
    full: { 'old.jsonl.000000000001': '' },
  })
  const all = names.map(name => join(dir, name))
  const cases: [paths: string[], files: string[] | RegExp][] = [
    [['audit.jsonl'], all],
    [['.'], all],
    [[names[1]], [join(dir, names[1])]],
    [[names[2], names[0], 'audit.jsonl.lock', 'audit.jsonl.torn-000000000003'], all],
    [['full/old.jsonl'], [join(dir, 'full/old.jsonl.000000000001')]],
    [['nowhere'], /nowhere: there is no such file/],
    [['audit.jsonl.000000000009'], /there is no such file/],
    [['none'], /there is no log in this directory/],
    [['two'], /there are 2 logs, name one of them: .*a.jsonl, .*b.jsonl$/],
    [['six'], /there are 6 logs, name one of them: .*a.jsonl, .*e.jsonl, …$/],
    [['audit.jsonl.lock'], /holds no records/],
  ]
  for (const [paths, expected] of cases) {
    const found = findLogFiles(paths.map(path => join(dir, path)))
    if (expected instanceof RegExp) await t.rejects(found, { message: expected })
    else t.same((await found).sort(), expected.toSorted(), paths.join(' '))
  }
  t.equal(fileSource('x').name, 'x')
})
