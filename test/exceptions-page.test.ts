import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CATALOGUE } from '../src/core/rules/catalogue.ts'
import { checkIn } from './cli/support/run-cli.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../docs/exceptions.md'), 'utf8')

t.test('docs/exceptions.md names the rules that nobody can waive', t => {
  const [, named = ''] = /any rule but ([^;]*);/.exec(PAGE) ?? []
  const ids = [...named.matchAll(/`([^`]+)`/g)].map(([, id = '']) => id)
  const unwaivable = Object.values(CATALOGUE).filter(({ waivable }) => !waivable)
  t.same(ids.toSorted(), unwaivable.map(({ id }) => id).toSorted())
  t.end()
})

const EXAMPLE = readFileSync(
  join(import.meta.dirname, '../examples/manifests/exception.yaml'),
  'utf8',
)

const APPROVED = ['--user', 'alice', '--approver', 'alice']

t.test('the exceptions that are there to be copied say how they end, and end so', async t => {
  const [, ofPage = ''] =
    /```yaml\n# Change the date[^\n]*\nmetadata:\n([\s\S]*?)```/.exec(PAGE) ?? []
  const manifest = EXAMPLE.replace(/ {2}annotations:\n[\s\S]*(?=spec:)/, ofPage)
  for (const [text, source] of [
    [EXAMPLE, EXAMPLE],
    [manifest, PAGE],
  ] as const) {
    const check = (now: string) =>
      checkIn(t, { 'a.yaml': text }, ['a.yaml', ...APPROVED, '--now', now])
    const [, now = ''] = /--now (\S+Z)/.exec(source) ?? []
    const [, end = ''] = /it expired on (\d{4}-\d{2}-\d{2})/.exec(source) ?? []
    t.match(await check(now), { code: 0, out: /1 waived/ })
    t.equal((await check(`${end}T23:59:59Z`)).code, 0)
    const { code, out } = await check(nextDay(end))
    t.equal(code, 1)
    t.match(out, /\[exception-invalid\][\s\S]*\[parallel-migrations-too-high\]/)
    t.ok(out.replaceAll(/\s+/g, ' ').includes(`it expired on ${end}`))
  }
})

function nextDay(day: string): string {
  return new Date(Date.parse(day) + 86_400_000).toISOString()
}
