import t from 'tap'
import { judgesAlike, obeysTheContract, wordsOf } from '../../support/rule-contract.ts'

const rule = 'network-invalid'
const at = (network: unknown) => ({ network })

t.test('a network that is no name, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: 'network',
    fine: { settings: at('migration') },
    trips: { settings: at('a,b') },
    worse: { settings: at('a@b') },
  })
  t.end()
})

t.test('a network is [namespace/]name of names that Multus takes', t => {
  const label63 = 'a'.repeat(63)
  const name253 = 'a'.repeat(253)
  const good = ['mig', 'm', '0', 'mig-1', 'openshift-cnv/mig', 'ns/a-b', `${label63}a`, name253]
  const longest = `${label63}/${name253}`
  const wrong = [
    '',
    ' ',
    'Mig',
    'mig ',
    ' mig',
    'mig\n',
    'a,b',
    'a@net1',
    'a/b/c',
    '/mig',
    'ns/',
    '-mig',
    'mig-',
    'a.b',
    'ns/a.b-c',
    'a..b',
    '.a',
    'a.',
    'a_b',
    'N/mig',
    'n.s/mig',
    'é',
    'ﬁ',
    '\u{1f600}',
    `${name253}a`,
    `${label63}a/mig`,
    `${'a.'.repeat(127)}a`,
    'a'.repeat(100_000),
  ]
  judgesAlike(t, rule, {
    absent: [at(undefined), 'nothing'],
    null: [at(null), 'nothing'],
    'a number is invalid, not a name': [at(1), 'nothing'],
    ...Object.fromEntries([...good, longest].map(name => [name, [at(name), 'nothing']])),
    ...Object.fromEntries(
      wrong.map(name => [JSON.stringify(name).slice(0, 80), [at(name), 'deny']]),
    ),
  })
  t.end()
})

t.test('it says what a name is and what to write', t => {
  t.same(wordsOf(rule, { settings: at('a,b') }), [
    'that is not [namespace/]name in lower-case letters, digits and "-".',
    'virt-handler would not come up with it, on any node.',
    'name one NetworkAttachmentDefinition, or remove network to use the pod network',
  ])
  t.equal(wordsOf(rule, { settings: at('') })[0], 'the name is empty.')
  t.same(wordsOf(rule, { settings: at('ns/mig.25g') }), [
    'Multus reads no "." in the form in which KubeVirt names a migration network.',
    'virt-handler would not come up with it, on any node.',
    'name a NetworkAttachmentDefinition without "." in its name, or remove network to use the pod network',
  ])
  t.end()
})
