import type { VirtualMachine } from '../core/facts/virtual-machine.ts'

type Labels = Readonly<Record<string, string>>

// Past this many different texts a pool has caught what repeats; it begins anew, so that names of VMs long gone go, too.
const LIMIT = 20_000

/** Keeps one copy of texts that come again and again: 100,000 VMs share their namespaces, types and label values. */
export class StringPool {
  #texts = new Map<string, string>()

  share(text: string): string {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    if (this.#texts.size >= LIMIT) this.#texts = new Map()
    this.#texts.set(text, text)
    return text
  }

  /** The labels in an ordinary object, which takes a third of the memory of one without a prototype. */
  labels(labels: Labels, name = ''): Labels {
    const compact: Record<string, string> = {}
    for (const [key, value] of Object.entries(labels))
      compact[key] = value === name ? name : this.share(value)
    return compact
  }

  /** A VM that shares what it can; its own name often stands in its labels again. */
  virtualMachine(vm: VirtualMachine): VirtualMachine {
    return {
      ...vm,
      namespace: this.share(vm.namespace),
      labels: this.labels(vm.labels, vm.name),
      instancetype: vm.instancetype === null ? null : this.share(vm.instancetype),
    }
  }
}
