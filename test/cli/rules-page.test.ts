import { readFileSync } from 'node:fs'
import t from 'tap'
import { rulesPage } from '../../src/cli/rules-page.ts'
import { RULES } from '../../src/core/rules/catalogue.ts'

const PAGE = new URL('../../docs/rules.md', import.meta.url)

t.test('docs/rules.md is what the catalogue says; if not: npm run docs', async t => {
  t.equal(readFileSync(PAGE, 'utf8'), rulesPage())
})

t.test('the page has a row and a section for each rule, with everything about it', async t => {
  const page = rulesPage()
  for (const { id, title, trips, rationale, remedy, source } of RULES) {
    t.ok(page.includes(`| [\`${id}\`](#${id}) |`), id)
    const section = page.split(`\n## ${id}\n`)[1]?.split('\n## ')[0] ?? ''
    for (const text of [title, trips, rationale, remedy, source]) t.ok(section.includes(text), id)
  }
})

t.test('no table cell is cut by a bar in a text', async t => {
  for (const line of rulesPage()
    .split('\n')
    .filter(text => text.startsWith('| ')))
    t.equal(line.split('|').length, 6, line)
})
