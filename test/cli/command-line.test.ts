import { Readable, Writable } from 'node:stream'
import t from 'tap'
import { run } from '../../src/cli/command-line.ts'
import { EXIT_CODES } from '../../src/cli/exit-codes.ts'
import { runCli } from './support/run-cli.ts'

const COMMANDS = ['serve', 'check', 'explain', 'audit', 'certs', 'try', 'help']

t.test('the help lists every command that exists and no other', async t => {
  const { code, out, err } = await runCli(['--help'])
  t.same({ code, err }, { code: 0, err: '' })
  const listed = /\nCommands:\n([\s\S]*?)\n\n/.exec(out)?.[1]?.matchAll(/^ {2}(\w+)/gm)
  t.same(
    [...(listed ?? [])].map(([, name]) => name),
    COMMANDS,
  )
  for (const [exitCode, meaning] of EXIT_CODES) t.ok(out.includes(`  ${exitCode}  ${meaning}\n`))
})

t.test('every command has examples that its own parser accepts', async t => {
  for (const path of [
    ['check'],
    ['explain'],
    ['serve'],
    ['certs'],
    ['audit'],
    ['audit', 'verify'],
  ]) {
    const { code, out } = await runCli([...path, '--help'])
    t.equal(code, 0)
    const examples = [...out.matchAll(/(?<!-)migration-guard ([^|>\n]+)/g)].map(([, line = '']) =>
      line.trim().split(/\s+/),
    )
    t.ok(examples.length > 0, path.join(' '))
    const known = EXIT_CODES.map(([exitCode]) => exitCode)
    const told = [...(out.split('\nExit codes:\n')[1] ?? '').matchAll(/^ {2}(\d) {2}\S/gm)]
    t.ok(told.length > 1 && told.every(([, exitCode]) => known.includes(Number(exitCode) as 0)))
    t.notMatch(out, /display help/)
    for (const example of examples) {
      t.same(example.slice(0, path.length), path)
      // Help is asked for after everything else was accepted.
      t.equal((await runCli([...example, '--help'])).code, 0, example.join(' '))
    }
    const longest = Math.max(...out.split('\n').map(line => line.length))
    t.ok(longest <= 90, `${path.join(' ')}: ${longest} columns`)
  }
})

t.test('help finds commands inside commands', async t => {
  const { code, out } = await runCli(['help', 'audit', 'verify'])
  t.equal(code, 0)
  t.match(out, /^Usage: migration-guard audit verify /)
  t.match((await runCli(['help'])).out, /^Usage: migration-guard \[options\]/)
})

t.test('the version is that of the package', async t => {
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } })
  t.same(await runCli(['--version']), { code: 0, out: `${manifest.version}\n`, err: '' })
})

// Bad input says what is wrong on standard error, and ends with 3.
const MISTAKES: readonly (readonly [argv: readonly string[], error: RegExp])[] = [
  [[], /^Usage: migration-guard/],
  [['audit'], /^Usage: migration-guard audit/],
  [['chek', 'a.yaml'], /^error: unknown command 'chek'\n\(Did you mean check\?\)\n$/],
  [['audit', 'verfy', 'a'], /^error: unknown command 'verfy'\n\(Did you mean verify\?\)\n$/],
  [['help', 'chek'], /^error: unknown command 'chek'\n\(Did you mean check\?\)\n$/],
  [['help', 'audit', 'replay'], /^error: unknown command 'replay'\n$/],
  [['scan'], /^error: unknown command 'scan'\n$/],
  [
    ['check', '--strickt', 'a'],
    /^error: unknown option '--strickt'\n\(Did you mean --strict\?\)\n$/,
  ],
  [['serve', '--prot', '1'], /^error: unknown option '--prot'\n\(Did you mean --port\?\)\n$/],
  [['check'], /^error: missing required argument 'FILE'\n$/],
  [['check', 'a', '-o', 'xml'], /^error: option '-o, --output <FORMAT>' argument 'xml' is invalid/],
  [['check', 'a', '--old'], /^error: option '--old <FILE>' argument missing\n$/],
  [['explain', 'a', 'b'], /^error: too many arguments for 'explain'/],
  [['explain', 'parallel-migration-too-high'], /did you mean parallel-migrations-too-high\?\n$/],
  [['certs', '--print', 'key'], /^error: option '--print <WHAT>' argument 'key' is invalid/],
  [['certs', '--days', 'many'], /^error: --days "many": a whole number is needed\n$/],
  [['audit', 'verify', 'nope.jsonl'], /^error: nope\.jsonl/],
  [['serve', '--port', 'abc'], /^error: --port "abc": a port from 0 to 65535 is needed\n$/],
]

t.test(
  'a mistake on the command line is named, corrected where it can be, and ends with 3',
  async t => {
    for (const [argv, error] of MISTAKES) {
      const { code, out, err } = await runCli(argv)
      t.same({ code, out }, { code: 3, out: '' }, argv.join(' '))
      t.match(err, error)
    }
  },
)

t.test('the options of the commands are those that the commands have', async t => {
  const { CERTS_DEFAULTS } = await import('../../src/cli/certs/certs-options.ts')
  const { out } = await runCli(['certs', '--help'])
  const defaults: readonly (readonly [string, unknown])[] = [
    ['--out', CERTS_DEFAULTS.out],
    ['--service', CERTS_DEFAULTS.service],
    ['--namespace', CERTS_DEFAULTS.namespace],
    ['--days', CERTS_DEFAULTS.days],
  ]
  for (const [option, value] of defaults)
    t.match(out, new RegExp(`${option} <.*default: ${value}\\)`), option)
})

t.test('what goes wrong inside is 4, with what is needed to report it', async t => {
  const said: string[] = []
  const io = {
    stdin: Readable.from([]),
    stdout: new Writable({
      write() {
        throw new Error('torn pipe')
      },
    }),
    stderr: new Writable({
      write(chunk, _encoding, done) {
        said.push(String(chunk))
        done()
      },
    }),
    env: {},
    now: () => new Date(0),
  }
  t.equal(await run(['explain'], io), 4)
  t.match(said.join(''), /^internal error: Error: torn pipe\n {4}at /)
})
