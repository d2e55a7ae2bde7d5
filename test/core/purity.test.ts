import { readdirSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const CORE = fileURLToPath(new URL('../../src/core/', import.meta.url))
const files = readdirSync(CORE, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts'))
  .map(name => ({ name, text: readFileSync(resolve(CORE, name), 'utf8') }))
/** What runs: without comments, and with texts emptied, so that words in messages do not count. */
const code = (text: string) =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
    .replace(/`(?:[^`\\]|\\.)*`/g, '``')

t.test('the core imports only itself', t => {
  t.ok(files.length > 50)
  const foreign = files.flatMap(({ name, text }) =>
    [...text.matchAll(/^(?:import|export|\})(?:[^'\n]* from)? '([^']+)'/gm)]
      .map(([, source = '']) => source)
      .filter(
        source =>
          !source.startsWith('.') ||
          relative(CORE, resolve(CORE, dirname(name), source)).startsWith('..'),
      )
      .map(source => `${name}: ${source}`),
  )
  t.same(foreign, [])
  t.end()
})

t.test('the core has no clock, no chance, no environment and no output', t => {
  const impure =
    /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|\bMath\.random\b|\bprocess\b|\bglobalThis\b|\bperformance\b|\bcrypto\b|\bsetTimeout\b|\bsetInterval\b|\bqueueMicrotask\b|\bfetch\b|\bconsole\b|\brequire\b|\bawait\b|\basync\b|\bimport\(|\bimport\.meta\b|\bBuffer\b|\btoLocale|\bIntl\b/
  const found = files.flatMap(({ name, text }) =>
    code(text)
      .split('\n')
      .filter(line => impure.test(line))
      .map(line => `${name}: ${line.trim()}`),
  )
  t.same(found, [])
  t.end()
})

t.test('the pipeline fits on one screen', t => {
  const decision = files.find(({ name }) => name === 'decision.ts')
  t.ok((decision?.text.trimEnd().split('\n').length ?? 100) < 60)
  t.end()
})

t.test('what is allowed is computed in one place', t => {
  // An assignment, or a member with a value of its own; a type and a shorthand that passes it on are none.
  const assigned = /\ballowed\s*=[^=>]|\ballowed\s*:\s*(?!boolean)/
  const places = files.filter(({ text }) => assigned.test(code(text))).map(({ name }) => name)
  t.same(places, ['conclude.ts'])
  t.end()
})
