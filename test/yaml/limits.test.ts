import t from 'tap'
import { parseDocuments } from '../../src/yaml/parse-documents.ts'
import { readYaml, TEXT_LIMITS, YamlError } from '../../src/yaml/read-yaml.ts'

function codeOf(read: () => unknown): string {
  try {
    read()
    return 'read'
  } catch (error) {
    if (error instanceof YamlError) return error.code
    throw error
  }
}

t.test(
  'lists and mappings may be 64 deep, not 65, in block and flow style and through aliases',
  t => {
    const styles = [
      ['[', ']'],
      ['{a: ', '}'],
      ['- ', ''],
    ] as const
    for (const [open, close] of styles) {
      const nested = (depth: number) => `${open.repeat(depth)}${close.repeat(depth)}`
      t.equal(
        codeOf(() => readYaml(nested(64))),
        'read',
        `64 ${open}`,
      )
      t.equal(
        codeOf(() => readYaml(nested(65))),
        'too-deep',
        `65 ${open}`,
      )
    }
    const half = `${'['.repeat(40)}${']'.repeat(40)}`
    t.equal(
      codeOf(() => readYaml(`a: &a ${half}\nb: *a\n`)),
      'read',
    )
    t.equal(
      codeOf(() => readYaml(`a: &a ${half}\nb: ${'['.repeat(30)}*a${']'.repeat(30)}\n`)),
      'too-deep',
    )
    t.end()
  },
)

t.test('100,000 levels are refused where the 65th begins, without a stack overflow', t => {
  for (const open of ['[', '{', '- ', '? ', ': ', '[{', '{? ']) {
    const error = t.throws(() => readYaml(open.repeat(100_000), { length: 1e6 })) as YamlError
    t.equal(error.code, 'too-deep', open)
    t.ok(error.column < 200)
  }
  const staircase = Array.from({ length: 4000 }, (_, level) => `${' '.repeat(level)}a:\n`).join('')
  const [document] = parseDocuments(staircase, 'stairs.yaml')
  t.match(document, { error: { code: 'too-deep', line: 130 } })
  t.end()
})

t.test('aliases may not multiply: billion laughs, many aliases, one large text repeated', t => {
  const laughs = Array.from({ length: 50 }, (_, level) => {
    const before = level === 0 ? 'lol' : `*a${level - 1}`
    return `a${level}: &a${level} [${Array(9).fill(before).join(', ')}]\n`
  }).join('')
  const large = `a: &a "${'x'.repeat(100_000)}"\nb: [*a, *a, *a]\n`
  const many = `a: &a 1\nb: [${'*a, '.repeat(101)}]\n`
  for (const text of [laughs, large, many])
    t.throws(() => readYaml(text), {
      code: 'alias',
      reason: 'too many aliases (*name), or they stand for too much text',
    })
  t.match(parseDocuments(laughs, 'laughs.yaml'), [{ error: { code: 'alias' } }])
  t.equal(
    codeOf(() => readYaml(`a: &a 1\nb: [${'*a, '.repeat(100)}]\n`)),
    'read',
  )
  t.end()
})

t.test('length and number of tokens are limited, and say so', t => {
  t.equal(
    codeOf(() => readYaml(`"${'x'.repeat(TEXT_LIMITS.length - 2)}"`)),
    'read',
  )
  t.throws(() => readYaml('x'.repeat(TEXT_LIMITS.length + 1)), {
    message: 'the text is longer than 262144 characters (line 1, column 262145)',
  })
  t.throws(() => readYaml('a: b', { length: 3 }), { code: 'too-large' })
  t.throws(() => readYaml(`[${','.repeat(60_000)}]`), {
    message: 'the text has more than 50000 words and marks (line 1, column 50001)',
  })
  t.end()
})

t.test('text made to be slow is read or refused within seconds', t => {
  const size = TEXT_LIMITS.length - 100
  const fill = (text: string) => text.repeat(Math.floor(size / text.length))
  const started = performance.now()
  for (const text of [
    fill('a: 1\n'),
    fill('- "\n'),
    fill("'"),
    fill('\\"'),
    fill('&a '),
    fill('!x '),
    fill('# c\n'),
    fill('---\n'),
    fill('%A\n'),
    fill('\n'),
    fill('\r'),
    `a:${fill('\n').slice(size / 2)}${fill(' # c\n').slice(size / 2)}`,
    `"a${fill(' ')}\n"`,
    fill('1'),
    `? ${fill('k')}\n: 1\n`,
    Array.from({ length: 20_000 }, (_, key) => `k${key}: 1\n`).join(''),
  ])
    codeOf(() => readYaml(text))
  t.ok(performance.now() - started < 15_000)
  t.end()
})
