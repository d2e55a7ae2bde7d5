import t from 'tap'
import { readVirtualMachine } from '../../../src/core/facts/virtual-machine.ts'
import { DEFAULT_POLICY } from '../../../src/core/policy.ts'
import { factsOf } from '../../support/review.ts'

function typed(instancetype: string) {
  const annotations = { 'kubevirt.io/cluster-instancetype-name': instancetype }
  return { kind: 'VirtualMachineInstance', metadata: { name: 'a', namespace: 'b', annotations } }
}

t.test('an instance type is kept only where it can be the name of one', t => {
  const label = 'a'.repeat(63)
  const names = [
    'm1.large',
    'a',
    'a-b.c0',
    'a'.repeat(253),
    `${label}.${label}.${label}.${label}`.slice(0, 253),
  ]
  for (const name of names) t.equal(readVirtualMachine(typed(name)).instancetype, name)
  for (const name of ['', 'M1.large', '.a', 'a.', 'a..b', '-a', 'a b', 'a/b', 'ä', 'a'.repeat(254)])
    t.equal(readVirtualMachine(typed(name)).instancetype, null, name)
  t.end()
})

t.test('VMs whose owners wrote as much as they may do not hold up the facts', t => {
  const vms = Array.from({ length: 200 }, (_, number) => ({
    ...typed(`${'-gpu'.repeat(60_000)}${number}`),
    metadata: { ...typed('-gpu'.repeat(60_000)).metadata, name: `vm-${number}` },
  }))
  const policy = { ...DEFAULT_POLICY, heavy: { instancetypes: ['*-gpu-*-x'] } }
  const start = performance.now()
  t.equal(factsOf(vms, policy).workloads.heavy.count, 0)
  const took = performance.now() - start
  t.ok(took < 2000, `${took} ms`)
  t.end()
})
