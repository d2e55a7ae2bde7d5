// What kubectl starts as its editor: `node editor.ts FOLDER FILE`. Keeps a copy of every text it is shown, and makes the
// changes of FOLDER/changes.json the first time only: a text left as it was ends an edit that was invalid.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Change } from './edit.ts'

const [folder = '', file = ''] = process.argv.slice(2)

let shown = 0
while (existsSync(join(folder, `shown-${shown}`))) shown++
const text = readFileSync(file, 'utf8')
writeFileSync(join(folder, `shown-${shown}`), text)

if (shown === 0) {
  const changes = JSON.parse(readFileSync(join(folder, 'changes.json'), 'utf8')) as Change[]
  writeFileSync(file, changes.reduce(change, text))
}

function change(before: string, [wanted, replacement]: Change): string {
  if (!before.includes(wanted)) {
    // kubectl prints this and ends, so the test sees which change did not fit.
    process.stderr.write(`the editor found no ${JSON.stringify(wanted)} in:\n${before}\n`)
    process.exit(1)
  }
  return before.replace(wanted, () => replacement)
}
