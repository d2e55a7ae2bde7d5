import t from 'tap'
import { didYouMean, editDistance } from '../../src/core/did-you-mean.ts'

t.test('a misspelt word gets the nearest candidate, a different word none', t => {
  const words = ['deny', 'warn', 'audit', 'off', 'post-copy-inert', 'post-copy-critical-data']
  const meant: Readonly<Record<string, string | undefined>> = {
    dney: 'deny',
    Deny: 'deny',
    DENY: 'deny',
    wran: 'warn',
    audti: 'audit',
    of: 'off',
    denied: undefined,
    postcopy_inert: 'post-copy-inert',
    'post-copy-critical': 'post-copy-critical-data',
    dryrun: undefined,
    '': undefined,
    ['x'.repeat(1000)]: undefined,
  }
  for (const [word, candidate] of Object.entries(meant))
    t.equal(didYouMean(word, words), candidate, word.slice(0, 40))
  t.equal(editDistance('', 'abc'), 3)
  t.equal(editDistance('abcd', 'badc'), 2)
  t.equal(editDistance('kitten', 'sitting'), 3)
  t.end()
})
