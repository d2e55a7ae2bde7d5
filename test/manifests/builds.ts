import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import type { KubernetesObject } from '../e2e/support/objects.ts'

/** Where they are in the repository. */
export const MANIFESTS = join(import.meta.dirname, '../../manifests')
const OVERLAYS = ['overlays/openshift', 'overlays/cert-manager', 'overlays/plain'] as const
const COMPONENTS = [
  'components/audit-volume',
  'components/client-certificate',
  'components/service-monitor',
] as const

/** What somebody may install: an overlay, with components or without. */
export type Build = { readonly name: string; readonly folders: readonly string[] }

/** Everything that ships, alone and with each component and with all of them. */
export const BUILDS: readonly Build[] = [
  { name: 'base', folders: ['base'] },
  ...OVERLAYS.flatMap(overlay =>
    [[], ...COMPONENTS.map(component => [component]), COMPONENTS].map(components => ({
      name: [overlay, ...components].join(' + '),
      folders: [overlay, ...components],
    })),
  ),
]

export type Rendering = {
  readonly kubectl: string
  /** Folder for kustomizations that are made up here. */
  readonly dir: string
  /** The CA that whoever installs the overlay plain has made. */
  readonly caBundle?: string
}

// What docs/install.md and docs/security.md have the reader's own overlay add to some of it.
function own(folders: readonly string[], caBundle: string) {
  const bundle = { name: 'hco-migration-guard-ca', behavior: 'replace' }
  const client = { name: 'hco-migration-guard-client-ca', namespace: 'hco-migration-guard' }
  const plain = folders.includes('overlays/plain')
  return {
    components: plain ? ['components/ca-bundle'] : [],
    configMapGenerator: [
      ...(plain ? [{ ...bundle, literals: [`ca-bundle=${caBundle}`] }] : []),
      ...(folders.includes('components/client-certificate')
        ? [{ ...client, literals: ['ca.crt=x'], options: { disableNameSuffixHash: true } }]
        : []),
    ],
  }
}

/** Renders a build as `kubectl apply -k` would; throws with what kustomize says. */
export async function render(
  { kubectl, dir, caBundle = 'eA==' }: Rendering,
  build: Build,
): Promise<readonly KubernetesObject[]> {
  const folder = join(dir, build.name.replaceAll(/[^a-z]+/g, '-'))
  mkdirSync(folder, { recursive: true })
  const path = (name: string) => relative(folder, join(MANIFESTS, name))
  const { components, configMapGenerator } = own(build.folders, caBundle)
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: build.folders.slice(0, 1).map(path),
    components: [...build.folders.slice(1), ...components].map(path),
    configMapGenerator,
  }
  writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization))
  const { stdout } = await promisify(execFile)(kubectl, ['kustomize', folder])
  return parseAllDocuments(stdout).map(document => document.toJS() as KubernetesObject)
}
