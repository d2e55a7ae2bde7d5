import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { stringify } from 'yaml'
import { readYaml, YamlError } from '../../src/yaml/read-yaml.ts'
import { ANY_CHARACTER } from '../support/any-character.ts'

/** The value, or `code: message` of a YamlError; anything else that is thrown fails the test. */
function outcome(text: string): unknown {
  try {
    return readYaml(text)
  } catch (error) {
    if (error instanceof YamlError) return `${error.code}: ${error.message}`
    throw error
  }
}

const VALUES: readonly (readonly [text: string, value: unknown])[] = [
  ['', null],
  ['# only a comment\n', null],
  ['---\n', null],
  ['a: 1\nb: [x, "y", \'z\']\n', { a: 1, b: ['x', 'y', 'z'] }],
  ['{"a": {"b": [1, 2.5, true, null, "\\u00e9\\/"]}}', { a: { b: [1, 2.5, true, null, 'é/'] } }],
  ['{\n\t"tabs": [\n\t\t1\n\t]\n}\n', { tabs: [1] }],
  ['\ufeffa: 1\n', { a: 1 }],
  ['a:\r\n  b: 1\r\n  c: |\r\n    x\r\n    y\r\n', { a: { b: 1, c: 'x\ny\n' } }],
  ['a: off\nb: no\nc: yes\nd: on\n', { a: 'off', b: 'no', c: 'yes', d: 'on' }],
  ['%YAML 1.2\n---\na: off\n', { a: 'off' }],
  ['a: 2026-01-01\nb: 12:30\nc: 1_000\n', { a: '2026-01-01', b: '12:30', c: '1_000' }],
  ['[+5, -5, 017, 0x1F, 0o17, 1e3, .5]', [5, -5, 17, 31, 15, 1000, 0.5]],
  ['[~, null, Null, TRUE, False, "null"]', [null, null, null, true, false, 'null']],
  ['[!!str 5, !!int "5", !!null "", ! x]', ['5', 5, null, 'x']],
  ['1: a\n01: b\ntrue: c\n1.0: d\n', { '1': 'a', '01': 'b', true: 'c', '1.0': 'd' }],
  ['? a\n? b\n', { a: null, b: null }],
  ['a: &x {b: 1}\nc: *x\nd: [*x]\n', { a: { b: 1 }, c: { b: 1 }, d: [{ b: 1 }] }],
  ['a: &x [&y 1]\nb: &y 2\nc: *x\nd: *y\n', { a: [1], b: 2, c: [1], d: 2 }],
  ['&k a: *k\n', { a: 'a' }],
  ['"<<": 1\n', { '<<': 1 }],
  [`"\\u0000\\u001f\u007f\u0085": 1`, { '\u0000\u001f\u007f\u0085': 1 }],
  ['"\\ud83d\\ude00 \\ud800"', '😀 \ud800'],
  ['[9007199254740991, -9007199254740991]', [9007199254740991, -9007199254740991]],
]

t.test('one document of YAML 1.2 or JSON becomes its JSON value', t => {
  for (const [text, value] of VALUES) t.strictSame(outcome(text), value, JSON.stringify(text))
  t.end()
})

const REFUSED: readonly (readonly [text: string, message: string])[] = [
  ['a: 1\na: 2', 'duplicate-key: the key "a" stands twice, first on line 1 (line 2, column 1)'],
  [
    '{"a":1,\n "a":2}',
    'duplicate-key: the key "a" stands twice, first on line 1 (line 2, column 2)',
  ],
  ['"1": a\n1: b', 'duplicate-key: the key "1" stands twice, first on line 1 (line 2, column 1)'],
  ['? a\n? a', 'duplicate-key: the key "a" stands twice, first on line 1 (line 2, column 3)'],
  ['a:\n\tb: 1', 'syntax: a tab stands where only spaces may indent (line 2, column 1)'],
  [
    'a: 1\n b: 2',
    'syntax: another "key: value" is part of this value; is a line indented too far, or does text with ": " need quotes? (line 1, column 4)',
  ],
  ['a: 1\nb\nc: 1', 'syntax: this is not "key: value"; is a ":" missing? (line 2, column 1)'],
  ['a: "x', 'syntax: a quoted text that ends here is not closed (line 1, column 6)'],
  ["a: 'x\nb: 1", 'syntax: a quoted text that ends here is not closed (line 2, column 5)'],
  ['a: {b: 1', 'syntax: a "{" before this is not closed with "}" (line 1, column 9)'],
  ['a: [1, 2\nb: 3', 'syntax: a "[" before this is not closed with "]" (line 2, column 1)'],
  ['a: [1]]', 'syntax: a closing bracket stands here that nothing has opened (line 1, column 7)'],
  ['{a: 1,, b: 2}', 'syntax: a "," too many (line 1, column 7)'],
  [
    'a: - b',
    'syntax: a list begins on the line of its key; put it on the next line (line 1, column 4)',
  ],
  [
    'a:\n  - b\n c: d',
    'syntax: this line is not indented like the other keys of its mapping, or the line before is not closed (line 3, column 1)',
  ],
  [
    'a: "b" c',
    'syntax: this does not belong to the value before it; is it indented wrongly, or are quotes missing? (line 1, column 8)',
  ],
  ['a: @x', 'syntax: text that begins with reserved character @ needs quotes (line 1, column 4)'],
  [
    'a: "\\d"',
    'syntax: \\d is not an escape inside "…"; use \'…\' or double the backslash (line 1, column 5)',
  ],
  [
    'a: "\u0001"',
    'control-character: a control character stands here; write it as an escape (line 1, column 5)',
  ],
  [
    '\u0000',
    'control-character: a control character stands here; write it as an escape (line 1, column 1)',
  ],
  ['x: !foo bar', 'tag: the tag !foo is not supported here; remove it (line 1, column 4)'],
  ['!!binary aGk=', 'tag: the tag !!binary is not supported here; remove it (line 1, column 1)'],
  ['!!set {a, b}', 'tag: the tag !!set is not supported here; remove it (line 1, column 1)'],
  ['!!int foo', 'tag: the tag !!int is not supported here; remove it (line 1, column 1)'],
  ['a: !!map [b]', 'tag: the tag !!map is not supported here; remove it (line 1, column 4)'],
  [
    '!!js/function "x"',
    'tag: the tag !!js/function is not supported here; remove it (line 1, column 1)',
  ],
  ['*a', 'alias: the alias *a has no anchor before it (line 1, column 1)'],
  ['a: *b\nc: &b 1', 'alias: the alias *b has no anchor before it (line 1, column 4)'],
  ['&a [*a]', 'alias: the alias *a stands inside what it stands for (line 1, column 5)'],
  [
    '? [a]\n: b',
    'key: a key must be plain text, not a list, a mapping or an alias (line 1, column 3)',
  ],
  [
    'a: &x 1\n*x : 2',
    'key: a key must be plain text, not a list, a mapping or an alias (line 2, column 1)',
  ],
  [': b', 'key: a key is missing before ":" (line 1, column 1)'],
  ['<<: {a: 1}', 'key: merge keys ("<<") are not supported; write the keys out (line 1, column 1)'],
  [`${'k'.repeat(2000)}: 1`, 'syntax: a key is longer than 1024 characters (line 1, column 1)'],
  [
    '%YAML 1.1\n---\na: off',
    'directive: %YAML 1.1 is not read, only YAML 1.2; remove the line (line 2, column 1)',
  ],
  ['%FOO\n---\na', 'directive: unknown directive %FOO; remove the line (line 1, column 1)'],
  [
    'a: 1\n---\nb: 1',
    'several-documents: only one document is read; remove "---" and what follows (line 2, column 1)',
  ],
]

t.test('what would be read as something else is refused, with the place and what to do', t => {
  for (const [text, message] of REFUSED) t.equal(outcome(text), message, JSON.stringify(text))
  t.end()
})

t.test('integers are kept exactly or refused', t => {
  const exact: readonly (readonly [string, number])[] = [
    ['9007199254740994', 2 ** 53 + 2],
    ['12345678901234567000', 12345678901234567000],
    ['1180591620717411303424', 2 ** 70],
    ['0x20000000000000', 2 ** 53],
    ['9007199254740993.0', 2 ** 53],
  ]
  for (const [text, value] of exact) t.equal(outcome(text), value, text)
  for (const text of [
    '9007199254740993',
    '-9007199254740993',
    '9223372036854775807',
    '0x20000000000001',
    '1e400',
    '.inf',
    '-.inf',
    '.nan',
  ])
    t.equal(
      outcome(text),
      `number: ${text} cannot be kept exactly as a number; quote it if it is text (line 1, column 1)`,
    )
  t.match(outcome('1'.repeat(100_000)), /^number: 1{63}… cannot/)
  t.end()
})

t.test('keys of the prototype are keys like any other', t => {
  const value = readYaml('__proto__: {polluted: true}\nconstructor: 1\ntoString: 2\n') as object
  t.equal(Object.getPrototypeOf(value), Object.prototype)
  t.strictSame(Object.keys(value), ['__proto__', 'constructor', 'toString'])
  t.equal((value as { polluted?: boolean }).polluted, undefined)
  t.equal(({} as { polluted?: boolean }).polluted, undefined)
  t.equal(
    outcome('"__proto__": 1\n__proto__: 2\n'),
    'duplicate-key: the key "__proto__" stands twice, first on line 1 (line 2, column 1)',
  )
  t.end()
})

t.test('every place that an alias fills has a value of its own', t => {
  const value = readYaml('a: &x [1]\nb: *x\n') as { a: number[]; b: number[] }
  value.a.push(2)
  t.strictSame(value.b, [1])
  t.end()
})

t.test('any JSON value reads back equal, written as JSON or as YAML', t => {
  const property = fc.property(fc.jsonValue({ maxDepth: 6 }), value => {
    const expected = JSON.parse(JSON.stringify(value))
    deepStrictEqual(readYaml(JSON.stringify(value)), expected)
    deepStrictEqual(readYaml(JSON.stringify(value, null, '\t')), expected)
    deepStrictEqual(readYaml(stringify(expected, { defaultKeyType: 'QUOTE_DOUBLE' })), expected)
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }))
  t.end()
})

// What the grammar is made of: random characters alone would hardly ever get past the first line.
const ATOMS = [
  'a',
  'b: ',
  ': ',
  ' ',
  '  ',
  '\n',
  '\r\n',
  '\t',
  '- ',
  '? ',
  ', ',
  '[',
  ']',
  '{',
  '}',
]
const MORE = [
  '"',
  "'",
  '\\',
  '#',
  ' # c',
  '&a ',
  '*a',
  '!',
  '!!str ',
  '!<x>',
  '|',
  '>-',
  '%',
  '---\n',
]
const ODD = [
  '...\n',
  '%YAML 1.1\n',
  '%TAG ! x\n',
  '<<: ',
  '@',
  '`',
  '0x',
  '1',
  '.',
  '\ufeff',
  '\u2028',
]

t.test('random text gives a value or a YamlError, at once', t => {
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom(...ATOMS, ...MORE, ...ODD), maxLength: 40 }),
    fc.string({ unit: ANY_CHARACTER, maxLength: 60 }),
    fc.string({ unit: 'binary-ascii', maxLength: 60 }),
  )
  const started = performance.now()
  const property = fc.property(text, text => void outcome(text))
  t.doesNotThrow(() => fc.assert(property, { numRuns: 3000 }))
  t.ok(performance.now() - started < 10_000)
  t.end()
})
