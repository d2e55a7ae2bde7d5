import t from 'tap'
import { parseDocuments, type YamlDocument } from '../../src/yaml/parse-documents.ts'

const MANIFEST = `# first
apiVersion: v1
kind: List
items:
  - name: a   # keep me
    "odd.key/x": {deep: [1, 2]}
  - &shared
    name: b
---
kind: Broken
kind: Twice
---
# second
copy: &c
  x: 1
again: *c
`

function documents(text: string): readonly YamlDocument[] {
  return parseDocuments(text, 'file.yaml').map(document => {
    if ('error' in document) throw document.error
    return document
  })
}

t.test('every document is read, a broken one does not hide the others', t => {
  const read = parseDocuments(MANIFEST, 'file.yaml')
  t.match(read, [
    { source: 'file.yaml', start: { line: 2, column: 1 }, value: { kind: 'List' } },
    {
      source: 'file.yaml',
      error: {
        code: 'duplicate-key',
        message: 'the key "kind" stands twice, first on line 10 (line 11, column 1)',
      },
    },
    { start: { line: 12, column: 1 }, value: { copy: { x: 1 }, again: { x: 1 } } },
  ])
  t.equal(read.length, 3)
  t.end()
})

t.test('a path stands where its key or its list item stands', t => {
  const [list] = parseDocuments(MANIFEST, 'file.yaml')
  const [last] = documents(MANIFEST.slice(MANIFEST.indexOf('# second')))
  if (!list || 'error' in list || !last) throw new Error('not read')
  const places: readonly (readonly [YamlDocument, (string | number)[], number, number])[] = [
    [list, [], 2, 1],
    [list, ['kind'], 3, 1],
    [list, ['items'], 4, 1],
    [list, ['items', 0], 5, 5],
    [list, ['items', 0, 'name'], 5, 5],
    [list, ['items', 0, 'odd.key/x', 'deep', 1], 6, 29],
    [list, ['items', 1, 'name'], 8, 5],
    [list, ['items', 0, 'missing', 'deeper'], 5, 5],
    [list, ['items', 9], 4, 1],
    [list, ['__proto__'], 2, 1],
    [last, ['again'], 4, 1],
    [last, ['again', 'x'], 3, 3],
  ]
  for (const [document, path, line, column] of places)
    t.strictSame(document.lineOf(path), { line, column }, JSON.stringify(path))
  t.end()
})

t.test('lines count the same with CRLF, a byte order mark and text over several lines', t => {
  const text = '\ufeffa: 1\r\nb: "two\r\n  lines"\r\nc: |\r\n  x\r\n\r\n  y\r\nd: 2\r\n'
  const [document] = documents(text)
  t.strictSame(document?.lineOf(['a']), { line: 1, column: 1 })
  t.strictSame(document?.lineOf(['b']), { line: 2, column: 1 })
  t.strictSame(document?.lineOf(['c']), { line: 4, column: 1 })
  t.strictSame(document?.lineOf(['d']), { line: 8, column: 1 })
  t.end()
})

t.test('an edit of the tree keeps comments and the order of keys', t => {
  const [document] = documents('# why\nspec:\n  b: 1 # one\n  a: 2\n')
  document?.document.setIn(['spec', 'b'], 5)
  t.equal(String(document?.document), '# why\nspec:\n  b: 5 # one\n  a: 2\n')
  t.end()
})

t.test('a text without content is one document of null', t => {
  for (const text of ['', '\n', '# c\n', '---\n', '...\n'])
    t.strictSame(
      documents(text).map(document => document.value),
      [null],
      JSON.stringify(text),
    )
  t.end()
})

t.test('where a limit stops the reading, the documents before it are there', t => {
  const read = parseDocuments(`a: 1\n---\nb: ${'['.repeat(200)}\n---\nc: 1\n`, 'file.yaml')
  t.match(read, [{ value: { a: 1 } }, { error: { code: 'too-deep', line: 3 } }])
  t.equal(read.length, 2)
  const long = parseDocuments('a: 1\n', 'x', { length: 2, depth: 9, tokens: 9, aliases: 9 })
  t.match(long, [{ error: { code: 'too-large' } }])
  t.end()
})
