import { readFileSync, statSync } from 'node:fs'
import t from 'tap'
import { inFolder, runCli } from '../cli/support/run-cli.ts'

const PAGE = readFileSync(new URL('../../certs/README.md', import.meta.url), 'utf8')
const SHOWN = [...PAGE.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block.split(/^\$ /m).filter(text => text !== ''),
)

t.test('what certs/README.md shows of the command is what it prints, in this order', async t => {
  inFolder(t, {})
  const commands = SHOWN.filter(text => /^migration-guard certs[^|\n]*\n/.test(text))
  t.equal(commands.length, 4)
  for (const shown of commands) {
    const [command = '', ...output] = shown.split('\n')
    const { out, err } = await runCli(command.split(' ').slice(1))
    t.match(familiar(out + err), patternOf(output.join('\n')), command)
    if (command.includes('--keep-ca-key')) checkModes(t)
  }
})

// Numbers and dates are another certificate's; "…" stands for lines that are left out.
function familiar(text: string): string {
  return text
    .replace(/(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/g, 'FINGERPRINT')
    .replace(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z/g, 'TIME')
    .replace(/CA [0-9a-f]{8}/g, 'CA NUMBER')
}

function patternOf(shown: string): RegExp {
  const lines = familiar(shown)
    .trimEnd()
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${lines.replace(/^…$/gm, '[\\s\\S]*?')}\\s*$`)
}

function checkModes(t: Tap): void {
  const listed = SHOWN.find(text => text.startsWith('ls -l certs')) ?? ''
  const modes = [...listed.matchAll(/^(-[rwx-]{9}) .* (\S+)$/gm)]
  t.equal(modes.length, 4)
  for (const [, mode, name = ''] of modes)
    t.equal(statSync(`certs/${name}`).mode & 0o777, mode?.endsWith('r--r--') ? 0o644 : 0o600, name)
}

type Tap = Pick<typeof t, 'equal'>
