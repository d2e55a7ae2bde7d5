import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { inFolder, runCli } from '../cli/support/run-cli.ts'
import { chainOf, fileOf, headOf, programLog } from './support/lines-of.ts'

const PAGE = readFileSync(new URL('../../docs/audit.md', import.meta.url), 'utf8')
const SHOWN = [...PAGE.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block.split(/^\$ /m).filter(text => text !== ''),
)
const SCRIPT = /```sh\n(prev=[\s\S]*?)```/.exec(PAGE)?.[1] ?? ''

const SECONDS = [0, 12, 31]
/** The log that the page shows: a start and two decisions. */
const lines = chainOf(3, undefined, number => ({
  type: number === 1 ? 'start' : 'decision',
  time: new Date(Date.UTC(2026, 10, 23, 9, 30, SECONDS[number - 1])).toISOString(),
  ...(number === 1 ? {} : { user: { username: 'alice' }, outcome: 'denied', allowed: false }),
}))
const files = {
  'audit.jsonl': fileOf(lines),
  'changed.jsonl': fileOf(lines).replace('"alice"', '"mallo"'),
}

t.test('what docs/audit.md shows of audit verify is what it prints', async t => {
  inFolder(t, files)
  const commands = SHOWN.filter(text => text.startsWith('migration-guard '))
  t.equal(commands.length, 3)
  for (const shown of commands) {
    const [command = '', ...output] = shown.split('\n')
    const argv = command.replace('/var/log/migration-guard/', '').split(' ').slice(1)
    t.equal((await runCli(argv)).out, output.join('\n'), command)
  }
})

t.test('what docs/audit.md shows of the logs of a pod is what audit verify prints', async t => {
  const [first = '', ...others] = lines
  const stdin = fileOf([programLog('a'), first, programLog('b'), ...others])
  const commands = SHOWN.filter(text => text.startsWith('kubectl '))
  t.equal(commands.length, 1)
  for (const shown of commands) {
    const [command = '', ...output] = shown.split('\n')
    const argv = command.split(' | npx migration-guard ')[1]?.split(' ') ?? []
    t.equal((await runCli(argv, { stdin })).out, output.join('\n'), command)
  }
})

t.test('what docs/audit.md does by hand gives the sums of the log', async t => {
  inFolder(t, files)
  const { hash } = headOf(lines.slice(0, 2))
  const expected = [`${hash}  -\n`, `${hash}\n`]
  const commands = SHOWN.filter(text => text.startsWith('sed '))
  t.equal(commands.length, expected.length)
  for (const [index, shown] of commands.entries()) {
    const [command = '', ...output] = shown.split('\n')
    t.equal(output.join('\n'), expected[index], command)
    t.equal(shell(command) ?? expected[index], expected[index], command)
  }
  const last = `3 records, head ${headOf(lines).hash}\n`
  t.equal(SHOWN.at(-2), last)
  t.equal(shell(SCRIPT) ?? last, last)
})

/** What a shell prints; undefined on a machine without jq. */
function shell(script: string): string | undefined {
  if (spawnSync('jq', ['--version']).error) return undefined
  return spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout
}
