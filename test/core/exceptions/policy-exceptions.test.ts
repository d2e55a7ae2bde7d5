import t from 'tap'
import { decide } from '../../../src/core/decision.ts'
import type { DecisionContext, YamlReader } from '../../../src/core/decision-context.ts'
import type { ClusterFacts } from '../../../src/core/facts/cluster-facts.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { standingExceptions } from '../../../src/server/grounds/standing-exceptions.ts'
import { readYaml } from '../../../src/yaml/read-yaml.ts'
import { CRITICAL, exception, hco, STOCK } from '../../support/attempt.ts'
import { contextOf, NOW } from '../../support/decide.ts'
import { factsOf, migrationPolicy, network, requestOf, type Values } from '../../support/review.ts'

const RULE = 'post-copy-unstable-network'
const DAY = 86_400_000
const SETTINGS = { ...STOCK, network: 'worn' }

/** A policy that switches post copy on by itself, with an exception for that. */
const excused = (changes: Values = {}): JsonObject => {
  const bound = { policy: 'fast', network: 'worn' }
  const annotations = exception(RULE, { bound, expires: '2026-12-01', ...changes })
  return migrationPolicy('fast', { selectors: {}, allowPostCopy: true }, annotations)
}
const factsWith = (...policies: JsonObject[]): ClusterFacts =>
  factsOf([hco(STOCK), network('worn', 'unstable'), ...policies])

function counting(): { readonly readYaml: YamlReader; readonly texts: string[] } {
  const texts: string[] = []
  const read = (text: string) => {
    texts.push(text)
    return readYaml(text)
  }
  return { readYaml: read, texts }
}

const outcome = (context: Partial<DecisionContext>) =>
  decide('validate', requestOf('UPDATE', hco(SETTINGS), hco(STOCK)), contextOf(context)).outcome

t.test(
  'the text of an exception on a MigrationPolicy is read once, and judged at each request',
  t => {
    const { readYaml, texts } = counting()
    const facts = factsWith(excused())
    for (const [days, expected] of [
      [0, 'allowed-by-exception'],
      [1, 'allowed-by-exception'],
      [30, 'denied'],
      [2, 'allowed-by-exception'],
    ] as const)
      t.equal(outcome({ facts, readYaml, now: NOW + days * DAY }), expected, `after ${days} days`)
    t.equal(texts.length, 1)
    t.end()
  },
)

t.test(
  'it is not read again for the metrics, nor because something else of the facts changed',
  t => {
    const { readYaml, texts } = counting()
    const facts = factsWith(excused())
    const { policy } = contextOf()
    const standing = (now: number) =>
      standingExceptions(null, facts, { policy, now, readYaml }).map(({ rule }) => rule)
    t.equal(outcome({ facts, readYaml }), 'allowed-by-exception')
    t.same(standing(NOW), [RULE])
    t.same(standing(NOW + 30 * DAY), [])
    const [fast] = facts.migrationPolicies
    if (!fast) throw new Error('no policy')
    const changed = {
      ...facts,
      migrationPolicies: [{ ...fast, deletedAt: '2026-11-23T11:00:00Z' }],
    }
    t.equal(outcome({ facts: changed, readYaml }), 'allowed-by-exception')
    t.equal(texts.length, 1)
    t.end()
  },
)

t.test(
  'it is read anew where the policy, or the namespace of its networks, became another one',
  t => {
    const { readYaml, texts } = counting()
    const facts = factsWith(excused())
    t.equal(outcome({ facts, readYaml }), 'allowed-by-exception')
    const ended = factsWith(excused({ expires: '2026-11-01' }))
    t.equal(outcome({ facts: ended, readYaml }), 'denied')
    t.equal(outcome({ facts: factsWith(excused({ reason: 'short' })), readYaml }), 'denied')
    t.equal(texts.length, 3)
    t.equal(outcome({ facts: { ...facts, namespace: 'elsewhere' }, readYaml }), 'denied')
    t.equal(texts.length, 4)
    t.end()
  },
)

t.test('of several texts those are read that a violation asks for', t => {
  const { readYaml, texts } = counting()
  const other = exception('post-copy-critical-data', { reason: 'nobody asks for this' })
  const annotations = {
    ...exception(RULE, { bound: { policy: 'fast', network: 'worn' } }),
    ...other,
  }
  const fast = migrationPolicy('fast', { selectors: {}, allowPostCopy: true }, annotations)
  const facts = factsWith(fast)
  t.equal(outcome({ facts, readYaml }), 'allowed-by-exception')
  t.equal(texts.length, 1)
  const object = hco(SETTINGS, CRITICAL)
  decide('validate', requestOf('UPDATE', object, hco(STOCK)), contextOf({ facts, readYaml }))
  t.equal(texts.length, 2)
  t.end()
})
