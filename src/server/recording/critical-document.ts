import type { SelectorKeys, Workload } from '../../core/facts/migration-policy.ts'

/** The critical VMs of a namespace, those with the same labels together. */
export type CriticalNamespace = {
  readonly namespace: string
  readonly labels: Texts
  readonly vms: readonly { readonly labels: Texts; readonly names: readonly string[] }[]
}

type Texts = Readonly<Record<string, string>>
type Gathered = {
  readonly labels: Texts
  readonly vms: Map<string, { readonly labels: Texts; readonly names: string[] }>
}

/**
 * Writes critical VMs as JSON, with the labels that some selector names: they decide which MigrationPolicy wins. Others
 * change with every migration and would make new facts of it (`kubevirt.io/nodeName`).
 */
export function toCriticalDocument(
  critical: readonly Workload[],
  keys: SelectorKeys,
): readonly CriticalNamespace[] {
  const namespaces = new Map<string, Gathered>()
  for (const { name, labels, namespaceLabels } of critical) {
    const slash = name.indexOf('/')
    const namespace = name.slice(0, slash)
    let gathered = namespaces.get(namespace)
    if (gathered === undefined) {
      gathered = { labels: select(namespaceLabels, keys.namespace), vms: new Map() }
      namespaces.set(namespace, gathered)
    }
    const selected = select(labels, keys.virtualMachineInstance)
    const id = selected === NO_LABELS ? '' : JSON.stringify(selected)
    const same = gathered.vms.get(id)
    if (same !== undefined) same.names.push(name.slice(slash + 1))
    else gathered.vms.set(id, { labels: selected, names: [name.slice(slash + 1)] })
  }
  return [...namespaces].map(([namespace, { labels, vms }]) => {
    return { namespace, labels, vms: [...vms.values()] }
  })
}

const NO_LABELS: Texts = {}

// In one order, so that equal labels give equal texts.
function select(labels: Texts, keys: ReadonlySet<string>): Texts {
  if (keys.size === 0) return NO_LABELS
  const selected = Object.keys(labels).filter(key => keys.has(key))
  if (selected.length === 0) return NO_LABELS
  return Object.fromEntries(selected.sort().map(key => [key, labels[key] as string]))
}
