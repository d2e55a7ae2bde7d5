import { readFile } from 'node:fs/promises'
import { Ajv } from 'ajv'
import t from 'tap'
import { RULE_IDS } from '../../src/core/rules/rule-ids.ts'
import { POLICY_SCHEMA, policySchemaText } from '../../src/policy/schema.ts'

t.test('the published schema is the one in the code', async t => {
  const file = new URL('../../schema/migration-guard-policy.schema.json', import.meta.url)
  const text = await readFile(file, 'utf8')
  t.equal(text, policySchemaText(), 'stale: run npm run docs')
})

t.test('it is a valid draft-07 schema in the strict eyes of Ajv', t => {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, validateSchema: true })
  ajv.addVocabulary(['patternErrorMessage'])
  t.doesNotThrow(() => ajv.compile(POLICY_SCHEMA))
  t.end()
})

type Node = { readonly [key: string]: unknown }

function* propertiesOf(schema: Node, path: string): Generator<readonly [string, Node]> {
  const children = Object.entries((schema.properties ?? {}) as Record<string, Node>)
  for (const [name, child] of children) {
    yield [`${path}.${name}`, child]
    yield* propertiesOf(child, `${path}.${name}`)
  }
  for (const branch of (schema.anyOf ?? []) as readonly Node[]) yield* propertiesOf(branch, path)
}

t.test(
  'every property explains itself, and every mapping is closed but labels and annotations',
  t => {
    const properties = [...propertiesOf(POLICY_SCHEMA, '')]
    t.ok(properties.length > 60)
    for (const [path, schema] of properties) {
      t.match(schema.description, /^\S.*\.$/, path)
      if (schema.type === 'object' && !/labels|annotations/.test(path))
        t.equal(schema.additionalProperties, false, path)
    }
    t.end()
  },
)

t.test('every rule can be set', t => {
  const properties = POLICY_SCHEMA.properties as { rules: { properties: Node } }
  t.strictSame(Object.keys(properties.rules.properties), [...RULE_IDS])
  t.end()
})
