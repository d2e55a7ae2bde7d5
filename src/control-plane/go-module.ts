import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFile } from '../package-file.ts'
import { ControlPlaneUnavailable } from './unavailable.ts'

const MODULE = 'test/control-plane'

/** Folder of the Go module that kube-apiserver, etcd and kubectl are built from. */
export function goModule(): string {
  const folder = packageFile(MODULE)
  if (folder !== undefined) return folder
  throw new ControlPlaneUnavailable(
    `This installation lacks ${MODULE}, from which kube-apiserver, etcd and kubectl are built.\n` +
      'Set KUBEBUILDER_ASSETS to a folder that holds the three, or run it from a checkout of the sources.',
  )
}

/** The release of Kubernetes that the module asks for. */
export function kubernetesVersion(): string {
  const text = readFileSync(join(goModule(), 'go.mod'), 'utf8')
  const version = /^\s*k8s\.io\/kubernetes (v\S+)/m.exec(text)?.[1]
  if (version === undefined) throw new Error('go.mod requires no k8s.io/kubernetes')
  return version
}
