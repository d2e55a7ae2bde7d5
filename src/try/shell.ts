import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { folderOf } from '../control-plane/binaries.ts'
import type { ControlPlane } from '../control-plane/control-plane.ts'
import { quoted } from '../shell.ts'
import type { Step, StepFiles } from './steps.ts'

/** A step as it is typed; a long one goes on in a second line. */
export function commandLine({ editor, args }: Step): string {
  const command = ['kubectl', ...args].map(quoted).join(' ')
  if (editor === undefined) return command
  return `KUBE_EDITOR=${doubleQuoted(editor)} ${command}`
}

// The editor holds single quotes of its own.
function doubleQuoted(text: string): string {
  return `"${text.replaceAll(/["$`\\]/g, '\\$&')}"`
}

/** Writes the files that the steps name, and `env`, which makes any shell speak to this control plane. */
export function writeFolder(folder: string, plane: ControlPlane, files: StepFiles): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const variables = {
    KUBECONFIG: plane.kubeconfig,
    // kubectl keeps which kinds there are under the home directory; ours are not those of another cluster.
    KUBECACHEDIR: join(folder, '.cache'),
  }
  const lines = Object.entries(variables).map(([name, text]) => `export ${name}=${quoted(text)}`)
  lines.push(`export PATH=${quoted(folderOf(plane.binaries))}:"$PATH"`)
  writeFileSync(join(folder, 'env'), `${lines.join('\n')}\n`)
}
