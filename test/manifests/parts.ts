import type { KubernetesObject } from '../e2e/support/objects.ts'

/** The parts of a Deployment that checks look into. */
export type PodSpec = {
  readonly serviceAccountName?: string
  readonly priorityClassName?: string
  readonly volumes: readonly Volume[]
  readonly containers: readonly [Container]
}

export type Volume = {
  readonly name: string
  readonly secret?: { readonly secretName: string }
  readonly configMap?: { readonly name: string }
  readonly persistentVolumeClaim?: { readonly claimName: string }
  readonly emptyDir?: object
}

export type Container = {
  readonly args: readonly string[]
  readonly image: string
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly volumeMounts: readonly {
    readonly name: string
    readonly mountPath: string
    readonly subPathExpr?: string
  }[]
  readonly [probe: string]: unknown
}

export type PodTemplate = {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> }
  readonly spec: PodSpec
}

/** The one object of a kind, or the one of that name. */
export function find(
  objects: readonly KubernetesObject[],
  kind: string,
  name = 'hco-migration-guard',
): KubernetesObject | undefined {
  return objects.find(object => object.kind === kind && object.metadata.name === name)
}

/** What the Deployment makes pods from. */
export function podTemplate(objects: readonly KubernetesObject[]): PodTemplate {
  const deployment = find(objects, 'Deployment')
  if (deployment === undefined) throw new Error('there is no Deployment hco-migration-guard')
  return (deployment.spec as { template: PodTemplate }).template
}
