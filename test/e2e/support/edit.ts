import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ControlPlane } from '../../../src/control-plane/control-plane.ts'
import type { KubectlOptions, Ran } from '../../../src/control-plane/kubectl.ts'

/** A text in the editor and what is written in its place; once, the first one found. */
export type Change = readonly [wanted: string, replacement: string]

/**
 * How an edit ended, with every text the person was shown. kubectl shows an invalid one (422) again with the reason on top,
 * and ends at once for one that is forbidden (403).
 */
export type Edited = Ran & { readonly shown: readonly string[] }

/** Runs `kubectl edit` as a person would who makes the changes, saves, and gives up when refused. */
export async function kubectlEdit(
  { dir, kubectl }: Pick<ControlPlane, 'dir' | 'kubectl'>,
  args: readonly string[],
  changes: readonly Change[],
  options: KubectlOptions = {},
): Promise<Edited> {
  const folder = mkdtempSync(join(dir, 'edit-'))
  writeFileSync(join(folder, 'changes.json'), JSON.stringify(changes))
  const editor = join(folder, 'editor')
  const script = [process.execPath, join(import.meta.dirname, 'editor.ts'), folder]
  writeFileSync(editor, `#!/bin/sh\nexec ${script.map(quoted).join(' ')} "$1"\n`, { mode: 0o700 })
  const env = { KUBE_EDITOR: editor, ...options.env }
  const ran = await kubectl(['edit', ...args], { ...options, env })
  const shown = readdirSync(folder).filter(name => name.startsWith('shown-')).length
  const text = (index: number) => readFileSync(join(folder, `shown-${index}`), 'utf8')
  return { ...ran, shown: Array.from({ length: shown }, (_, index) => text(index)) }
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`
}
