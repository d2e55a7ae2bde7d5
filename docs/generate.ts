// Writes the pages that are made from the code: npm run docs. Tests fail while one of them is stale.
import { mkdir, writeFile } from 'node:fs/promises'
import { rulesPage } from '../src/cli/rules-page.ts'
import { policySchemaText } from '../src/policy/schema.ts'

const root = new URL('../', import.meta.url)
const pages: Readonly<Record<string, string>> = {
  'docs/rules.md': rulesPage(),
  'schema/migration-guard-policy.schema.json': policySchemaText(),
}

for (const [path, text] of Object.entries(pages)) {
  const file = new URL(path, root)
  await mkdir(new URL('.', file), { recursive: true })
  await writeFile(file, text)
}
