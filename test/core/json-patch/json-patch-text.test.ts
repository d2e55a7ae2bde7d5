import t from 'tap'
import { applyMigrationsPatch } from '../../../src/core/json-patch/json-patch.ts'
import { apply, BEFORE, PATCH, ROOT, result } from '../../support/migrations-patch.ts'
import { judged } from '../../support/rule-contract.ts'

t.test('pointers are read as RFC 6901 says', t => {
  const add = (key: string) => result({ op: 'add', path: `${ROOT}/${key}`, value: 1 })
  t.same(add('a~1b'), { ...BEFORE, 'a/b': 1 })
  t.same(add('a~0b'), { ...BEFORE, 'a~b': 1 })
  t.same(add('a~01b'), { ...BEFORE, 'a~1b': 1 })
  t.same(add(''), { ...BEFORE, '': 1 })
  t.same(add('-'), { ...BEFORE, '-': 1 })
  t.same(result({ op: 'add', path: '/spec/configuration~1migrations', value: {} }), BEFORE)
  t.equal(
    result({ op: 'add', path: `${ROOT.slice(1)}/network`, value: 1 }),
    'malformed',
    'no slash',
  )
  t.same(add('constructor'), { ...BEFORE, constructor: 1 })
  const { migrations } = apply({
    op: 'add',
    path: `${ROOT}/__proto__`,
    value: { allowPostCopy: true },
  })
  t.equal(
    (migrations as typeof BEFORE).allowPostCopy,
    false,
    'a key called __proto__ is only a key',
  )
  t.end()
})

t.test('a malformed patch of any kind is named, never thrown', t => {
  const texts = [
    '',
    ' ',
    'null',
    'true',
    '5',
    '"text"',
    '{}',
    '{"op":"add"}',
    '[',
    '[{]',
    '[1]',
    '[null]',
    '["add"]',
    '[[]]',
    '[{}]',
    '[{"op":"add"}]',
    '[{"op":"add","path":"/spec/a"}]',
    '[{"op":"replace","path":"/spec/a"}]',
    '[{"op":"test","path":"/spec/a"}]',
    '[{"op":"copy","path":"/spec/a"}]',
    '[{"op":"move","path":"/spec/a","from":7}]',
    '[{"op":"copy","path":"/spec/a","from":"b"}]',
    '[{"op":"add","path":7,"value":1}]',
    '[{"op":"add","path":null,"value":1}]',
    '[{"op":"add","path":["a"],"value":1}]',
    '[{"op":"add","path":"a","value":1}]',
    '[{"op":"ADD","path":"/spec/a","value":1}]',
    '[{"op":"merge","path":"/spec/a","value":1}]',
    '[{"op":null,"path":"/spec/a"}]',
    '[{"op":["add"],"path":"/spec/a","value":1}]',
    '[{"op":{"toString":1},"path":"/spec/a","value":1}]',
    '[{"path":"/spec/a","value":1}]',
    '[{"__proto__":{"op":"add","path":"/spec/a","value":1}}]',
    '- op: add\n  path: /a\n  value: 1',
    `["${'x'.repeat(300_000)}"]`,
  ]
  for (const text of texts) {
    const { problem, migrations } = applyMigrationsPatch(text, BEFORE)
    t.ok(typeof problem === 'string' && problem !== '' && migrations === null, text.slice(0, 60))
  }
  t.end()
})

t.test('a key that stands twice is malformed: JSON readers do not agree on it', t => {
  const hiding = `[{"op":"add","path":"/spec/configuration","value":{"migrations":{"allowPostCopy":true},"migrations":{"allowAutoConverge":true}}}]`
  t.match(applyMigrationsPatch(hiding, BEFORE).problem, /twice/)
  t.match(
    applyMigrationsPatch('[{"op":"add","op":"remove","path":"/spec/a","value":1}]', BEFORE).problem,
    /twice/,
  )
  t.match(
    applyMigrationsPatch('[{"op":"add","path":"/spec/a","value":{"a":1,"\\u0061":2}}]', BEFORE)
      .problem,
    /twice/,
    'by another spelling',
  )
  const fine = '[{"op":"add","path":"/spec/a","value":[{"a":"\\"a\\": {","b":["a:"]},{"a":2}]}]'
  t.equal(applyMigrationsPatch(fine, BEFORE).problem, null)
  t.end()
})

t.test('copies of copies are stopped before they fill the memory', t => {
  const copies = Array.from({ length: 40 }, (_, index) => ({
    op: 'copy',
    from: ROOT,
    path: `${ROOT}/x${index}`,
  }))
  t.match(apply(...copies).problem, /copies more than 256 KiB/)
  t.equal(result(...copies.slice(0, 10)) === 'malformed', false)
  t.end()
})

t.test('however deep a patch is nested, it is answered', t => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
  for (const text of [
    deep,
    `[{"op":"add","path":"${ROOT}/network","value":${deep}}]`,
    `[{"op":"add","path":"${ROOT}","value":${deep}}]`,
    `[{"op":"test","path":"${ROOT}/network","value":${deep}}]`,
    `[{"op":${deep},"path":"${ROOT}"}]`,
  ]) {
    const state = { annotations: { [PATCH]: text } }
    const decision = judged({ era: '1.20', version: 'v1' }, state, {})
    t.match(decision, { allowed: false, code: 422, failure: null })
  }
  t.end()
})
