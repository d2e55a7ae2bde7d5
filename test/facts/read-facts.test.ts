import t from 'tap'
import { loadFacts } from '../../src/facts/load-facts.ts'
import { readFacts } from '../../src/facts/read-facts.ts'

const VM = { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineInstance', metadata: { name: 'a' } }
const YAML = `${Object.entries(VM)
  .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
  .join('\n')}\n`

function vmsIn(text: string): number | string {
  const read = readFacts(text, 'facts')
  if ('problems' in read) return read.problems.map(problem => problem.text).join('; ')
  return read.inventory.virtualMachines?.size ?? 'no list'
}

t.test('objects and lists are read, in JSON and in YAML', t => {
  const list = { apiVersion: 'v1', kind: 'List', items: [VM] }
  for (const text of [
    JSON.stringify(VM),
    `\ufeff${JSON.stringify(list)}`,
    JSON.stringify([list, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'b' } }]),
    YAML,
    `---\n${YAML}---\napiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n`,
    '{apiVersion: kubevirt.io/v1, kind: VirtualMachineInstance, metadata: {name: a}}',
    '# from the cluster\nkind: VirtualMachineInstanceList\nitems: [{metadata: {name: a}}]\n',
  ])
    t.equal(vmsIn(text), 1, text.slice(0, 60))
  t.end()
})

t.test('a kind of another group is somebody else’s', t => {
  const foreign = { ...VM, apiVersion: 'example.com/v1' }
  t.match(vmsIn(JSON.stringify(foreign)), 'nothing here is a fact')
  const lists = { apiVersion: 'example.com/v1', kind: 'VirtualMachineInstanceList', items: [{}] }
  t.match(vmsIn(JSON.stringify(lists)), 'nothing here is a fact')
  t.equal(vmsIn(JSON.stringify([foreign, VM])), 1)
  t.end()
})

t.test('what is wrong is said with its place', t => {
  const cases: readonly (readonly [text: string, says: RegExp])[] = [
    ['kind: ConfigMap\n', /^nothing here is a fact: expected/],
    ['', /^nothing here is a fact/],
    ['7', /^this is 7, and no Kubernetes object/],
    [`${YAML}---\n- 1\n`, /^document 2 is \[1\], and no/],
    [JSON.stringify({ kind: 'List', items: [VM, 'x'] }), /^items\[1\] is "x", and no/],
    [JSON.stringify([VM, { kind: 'List', items: [null] }]), /^document 2, items\[0\] is null/],
    [JSON.stringify(VM).slice(0, -1), /./],
  ]
  for (const [text, says] of cases) t.match(String(vmsIn(text)), says, text)
  const torn = readFacts('{"kind":\n "List",,}', 'facts')
  t.match(torn, { problems: [{ line: 2 }] }, 'the YAML parser says where')
  t.end()
})

t.test('a long list is read as JSON in a moment, and too long a text not at all', t => {
  const vms = Array.from({ length: 50_000 }, (_, number) => ({
    metadata: { name: `vm-${number}`, namespace: 'apps', annotations: { note: 'x'.repeat(300) } },
  }))
  const text = JSON.stringify({ ...VM, kind: 'VirtualMachineInstanceList', items: vms })
  t.ok(text.length > 16 * 1024 * 1024, 'more than a manifest may be')
  const start = performance.now()
  t.equal(vmsIn(text), 50_000)
  const took = performance.now() - start
  t.ok(took < 10_000, `${took} ms`)
  t.match(vmsIn(`${text.slice(0, -1)},`), /^is no JSON: /)
  t.match(vmsIn(`# YAML\n${text}`), /longer than the 10485760 characters of YAML.*-o json/)
  t.match(vmsIn(' '.repeat(256 * 1024 * 1024 + 1)), /longer than the 268435456 characters/)
  t.end()
})

t.test('a file that cannot be read is named', t => {
  const dir = t.testdir({ bad: Buffer.from([0xff, 0x41]), zero: 'a\0b', torn: 'kind: [\n' })
  const cases: readonly (readonly [name: string, says: string])[] = [
    ['none', 'there is no such file or folder'],
    ['bad', 'this is not UTF-8 text'],
    ['zero', 'this is not a text file'],
    ['', 'is a folder, not a file'],
  ]
  for (const [name, says] of cases)
    t.throws(() => loadFacts(`${dir}/${name}`), { message: `${dir}/${name}: ${says}` })
  t.throws(() => loadFacts(`${dir}/torn`), { message: new RegExp(`^${dir}/torn:\\d+:\\d+ `) })
  t.end()
})
