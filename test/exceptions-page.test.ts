import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CATALOGUE } from '../src/core/rules/catalogue.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../docs/exceptions.md'), 'utf8')

t.test('docs/exceptions.md names the rules that nobody can waive', t => {
  const [, named = ''] = /any rule but ([^;]*);/.exec(PAGE) ?? []
  const ids = [...named.matchAll(/`([^`]+)`/g)].map(([, id = '']) => id)
  const unwaivable = Object.values(CATALOGUE).filter(({ waivable }) => !waivable)
  t.same(ids.toSorted(), unwaivable.map(({ id }) => id).toSorted())
  t.end()
})
