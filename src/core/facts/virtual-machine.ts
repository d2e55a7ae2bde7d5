import { annotationsOf, DATA, labelsOf, WORKLOAD, word } from '../annotations.ts'
import { type JsonObject, textAt } from '../json.ts'
import { parseQuantity } from '../settings/quantity.ts'
import { isObjectName } from './dns-name.ts'

/** A running VM, reduced to what may matter. */
export type VirtualMachine = {
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly heavy: boolean
  readonly critical: boolean
  readonly instancetype: string | null
  /** Guest memory in decimal GB rounded up, where the object tells it. */
  readonly gigabytes: number | null
}

const INSTANCETYPES = ['kubevirt.io/cluster-instancetype-name', 'kubevirt.io/instancetype-name']
const HEAVY_WORKLOADS: readonly (string | undefined)[] = ['highperformance', 'saphana']

/** Reduces a VirtualMachineInstance; its metadata alone is enough for all but the memory. */
export function readVirtualMachine(object: JsonObject): VirtualMachine {
  const labels = labelsOf(object)
  const annotations = annotationsOf(object)
  const instancetype = INSTANCETYPES.map(key => annotations[key]).find(name => name !== undefined)
  return {
    namespace: textAt(object, ['metadata', 'namespace']) ?? 'default',
    name: textAt(object, ['metadata', 'name']) ?? '',
    labels,
    heavy:
      word(labels[WORKLOAD]) === 'heavy' ||
      HEAVY_WORKLOADS.includes(word(annotations['vm.kubevirt.io/workload'])),
    critical: word(labels[DATA]) === 'critical',
    // The annotation is the VM owner's, who may write 256 KiB into it: what cannot be a name is not kept for every VM.
    instancetype: isObjectName(instancetype) ? instancetype : null,
    gigabytes: readGigabytes(object),
  }
}

/** True for a VM whose phase does not say that it has ended. */
export function isRunning(object: JsonObject): boolean {
  const phase = textAt(object, ['status', 'phase'])
  return phase !== 'Succeeded' && phase !== 'Failed'
}

function readGigabytes(object: JsonObject): number | null {
  const text =
    textAt(object, ['spec', 'domain', 'memory', 'guest']) ??
    textAt(object, ['spec', 'domain', 'resources', 'requests', 'memory'])
  const quantity = text === undefined ? undefined : parseQuantity(text)
  if (!quantity) return null
  const billionths = quantity.denominator * 1_000_000_000n
  return Number((quantity.numerator + billionths - 1n) / billionths)
}
