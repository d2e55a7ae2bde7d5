import fc from 'fast-check'
import t from 'tap'
import { globMatcher } from '../../../src/core/facts/glob.ts'

t.test('a star is any text, everything else stands for itself', t => {
  const cases: readonly (readonly [glob: string, yes: readonly string[], no: readonly string[]])[] =
    [
      ['m1.large', ['m1.large'], ['m1xlarge', 'm1.large.', '']],
      ['m1.*', ['m1.', 'm1.large'], ['m1', 'xm1.large', 'M1.large']],
      ['*.huge', ['.huge', 'u1.huge'], ['u1xhuge', 'huge']],
      ['*', ['', 'anything'], []],
      ['a*a', ['aa', 'aba'], ['a', 'ab']],
      ['*-gpu-*', ['-gpu-', 'a-gpu-b'], ['gpu', '-gpu']],
      ['a*b*b', ['abb', 'axbxb'], ['ab', 'abx']],
      ['a**b', ['ab', 'axb'], ['a']],
      ['a+b(c', ['a+b(c'], ['aab(c']],
    ]
  for (const [glob, yes, no] of cases) {
    const matches = globMatcher(glob)
    for (const text of yes) t.equal(matches(text), true, `${glob} names ${text}`)
    for (const text of no) t.equal(matches(text), false, `${glob} does not name ${text}`)
  }
  t.end()
})

t.test('it says the same as the regular expression it stands for', t => {
  const text = (maxLength: number) =>
    fc.array(fc.constantFrom('a', 'b', '.'), { maxLength }).map(all => all.join(''))
  const glob = fc.array(fc.oneof(text(2), fc.constant('*')), { maxLength: 6 })
  fc.assert(
    fc.property(glob, text(8), (parts, text) => {
      const pattern = parts.join('')
      const regular = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`)
      return globMatcher(pattern)(text) === regular.test(text)
    }),
  )
  t.end()
})

t.test('a long text costs no more than reading it', t => {
  const start = performance.now()
  for (const glob of ['*-gpu-*', '*-*-*-*-x', '-*-*-*-*-*-x'])
    globMatcher(glob)('-gpu'.repeat(20_000))
  const took = performance.now() - start
  t.ok(took < 300, `${took} ms`)
  t.end()
})
