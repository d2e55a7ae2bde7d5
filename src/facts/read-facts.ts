import { flattenLists } from '../core/facts/flatten-lists.ts'
import { type Inventory, readInventory, tellsSomething } from '../core/facts/inventory.ts'
import { isObject, type JsonObject, printable, show } from '../core/json.ts'
import { formatPath } from '../policy/policy-problem.ts'
import { FILE_LIMITS, parseDocuments } from '../yaml/parse-documents.ts'

/** What is wrong with a file of facts; line and column 0 where it is the file as a whole. */
export type FactsProblem = { readonly line: number; readonly column: number; readonly text: string }

export type ReadFacts =
  | { readonly inventory: Inventory }
  | { readonly problems: readonly FactsProblem[] }

/** The most text that is read: the VMs of a cluster of 30,000, whole, as JSON. YAML has the limits of any file. */
const LONGEST = 256 * 1024 * 1024

/** Reads what a file tells of a cluster: Kubernetes objects, as `oc get … -o json` or `-o yaml` prints them. */
export function readFacts(text: string, file: string): ReadFacts {
  const read = readObjects(text, file)
  if ('problems' in read) return read
  const inventory = readInventory(read.objects)
  return tellsSomething(inventory) ? { inventory } : problem(NOTHING)
}

/** The objects and lists of objects in a file; every problem names its entry. */
export function readObjects(
  text: string,
  file: string,
): { readonly objects: readonly JsonObject[] } | { readonly problems: readonly FactsProblem[] } {
  if (text.length > LONGEST)
    return problem(`is longer than the ${LONGEST} characters that can be read`)
  const roots = JSON_TEXT.test(text) ? readJson(text, file) : readYamlText(text, file)
  if ('problems' in roots) return roots
  const strange = roots.values.flatMap(strangeIn)
  if (strange.length > 0) return { problems: strange }
  return { objects: roots.values as readonly JsonObject[] }
}

/** Said of files in which there is nothing to know. */
export const NOTHING =
  'nothing here is a fact: expected Kubernetes objects such as NetworkAttachmentDefinition, VirtualMachineInstance, Namespace or MigrationPolicy'

type Roots =
  | { readonly values: readonly unknown[] }
  | { readonly problems: readonly FactsProblem[] }

const JSON_TEXT = /^\ufeff?\s*[{[]/

// JSON is YAML too, but JSON.parse is a hundred times faster on a long list.
function readJson(text: string, file: string): Roots {
  try {
    return { values: [JSON.parse(text.replace(/^\ufeff/, ''))].flat() }
  } catch (error) {
    // YAML may begin like JSON; and of what is neither, the YAML parser says where.
    if (text.length <= FILE_LIMITS.length) return readYamlText(text, file)
    return problem(`is no JSON: ${printable((error as Error).message, 300)}`)
  }
}

function readYamlText(text: string, file: string): Roots {
  if (text.length > FILE_LIMITS.length)
    return problem(
      `is longer than the ${FILE_LIMITS.length} characters of YAML that can be read; write it as JSON (-o json)`,
    )
  const problems: FactsProblem[] = []
  const values: unknown[] = []
  for (const document of parseDocuments(text, file))
    if ('error' in document) {
      const { line, column, reason } = document.error
      problems.push({ line, column, text: printable(reason, 500) })
    } else if (document.value !== null) values.push(document.value)
  return problems.length > 0 ? { problems } : { values }
}

function strangeIn(root: unknown, index: number, roots: readonly unknown[]): FactsProblem[] {
  const document = roots.length > 1 ? `document ${index + 1}` : ''
  return [...flattenLists(root)]
    .filter(({ value }) => !isObject(value))
    .map(({ value, path }) => {
      const entry = [document, formatPath(path)].filter(part => part !== '').join(', ')
      const place = entry === '' ? 'this' : entry
      return whole(`${place} is ${show(value)}, and no Kubernetes object or list of them`)
    })
}

function problem(text: string) {
  return { problems: [whole(text)] }
}

function whole(text: string): FactsProblem {
  return { line: 0, column: 0, text }
}
