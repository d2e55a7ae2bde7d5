import { accessSync, constants, cpSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { EXIT_CODES } from '../../src/cli/exit-codes.ts'
import { inFolder, runCli } from './support/run-cli.ts'

const PAGE = readFileSync(new URL('../../docs/ci.md', import.meta.url), 'utf8')
const EXAMPLES = fileURLToPath(new URL('../../examples/manifests/', import.meta.url))

/** What the page shows of a terminal: commands, each with what follows it. */
const SHOWN = [...PAGE.matchAll(/```console\n([\s\S]*?)```/g)].map(([, block = '']) =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map(text => ({
      command: text.split('\n')[0] ?? '',
      output: text.slice(text.indexOf('\n') + 1),
    })),
)

t.test('what docs/ci.md shows of a terminal is what the terminal shows', async t => {
  t.ok(SHOWN.length >= 3)
  for (const terminal of SHOWN) {
    cpSync(EXAMPLES, inFolder(t, {}), { recursive: true })
    let code = 0
    for (const { command, output } of terminal) {
      const [program = '', ...argv] = command.split(' ')
      const ran = program === 'echo' ? { code: 0, out: `${code}\n` } : await runCli(argv)
      t.equal(output, ran.out, command)
      code = ran.code
    }
  }
})

t.test('docs/ci.md lists every exit code, format and member of the report', async t => {
  for (const [code] of EXIT_CODES) t.match(PAGE, new RegExp(`^\\| ${code} \\| `, 'm'))
  const { out } = await runCli(['check', EXAMPLES, '-o', 'json'])
  for (const member of membersOf(JSON.parse(out)))
    t.ok(PAGE.includes(`\`${member}\``) || PAGE.includes(`\`${member}[]\``), member)
  for (const format of ['table', 'github', 'sarif', 'junit', 'json'])
    t.match(PAGE, new RegExp(`^\\| \`${format}\` \\| `, 'm'))
})

t.test('docs/ci.md takes the command from a checkout, as it is in no registry', async t => {
  t.notMatch(PAGE, /hco-migration-guard@|npx /)
  const programs = [...PAGE.matchAll(/\S*(bin\/\S+\.js) check/g)].map(([, program = '']) => program)
  t.ok(programs.length >= 4)
  for (const program of programs)
    accessSync(new URL(`../../${program}`, import.meta.url), constants.X_OK)
})

function membersOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(membersOf)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    const nested = membersOf(inner)
    // Lists within objects are written as objects[].findings[].
    const name = ['findings', 'notes', 'filled'].includes(key) ? `objects[].${key}` : key
    return [name, ...nested]
  })
}
