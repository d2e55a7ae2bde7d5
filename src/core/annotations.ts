import { at, textEntries } from './json.ts'

/** Everything the product reads or writes on an object carries this name. */
export const PREFIX = 'migration-guard.io/'

/** On the HyperConverged: `heavy` or `standard`. */
export const WORKLOAD_PROFILE = 'migration-guard.io/workload-profile'
/** On the HyperConverged, a namespace or a VM: `critical`. */
export const DATA = 'migration-guard.io/data'
/** On the HyperConverged for the pod network, or on a NetworkAttachmentDefinition: `stable` or `unstable`. */
export const NETWORK_STABILITY = 'migration-guard.io/network-stability'
/** On a namespace or a VM: `heavy`. */
export const WORKLOAD = 'migration-guard.io/workload'
/** Written here: the settings that were filled, with their values. */
export const FILLED = 'migration-guard.io/filled'
/** The settings whose stock value is wanted, written here or by hand. */
export const PINNED = 'migration-guard.io/pinned'
/** Before the id of a rule: an exception to it. */
export const EXCEPTION_PREFIX = 'exception.migration-guard.io/'
/** HCO's: a patch of the KubeVirt resource that it renders. */
export const JSON_PATCH = 'kubevirt.kubevirt.io/jsonpatch'
/** kubectl's: the manifest of the last client-side apply. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** The annotations of an object that are text, as the API guarantees; anything else is left out. */
export function annotationsOf(object: unknown): Readonly<Record<string, string>> {
  return textEntries(at(object, ['metadata', 'annotations']))
}

/** The labels of an object. */
export function labelsOf(object: unknown): Readonly<Record<string, string>> {
  return textEntries(at(object, ['metadata', 'labels']))
}

/** True for the annotations whose change is judged: ours, exceptions, and HCO's jsonpatch. */
function isGuarded(key: string): boolean {
  return key === JSON_PATCH || key.includes(PREFIX)
}

/** The guarded annotations of an object. */
export function guardedAnnotations(object: unknown): Readonly<Record<string, string>> {
  const guarded: Record<string, string> = Object.create(null)
  for (const [key, text] of Object.entries(annotationsOf(object)))
    if (isGuarded(key)) guarded[key] = text
  return guarded
}

/** A declared word as people write it: blanks around it and case do not count. */
export function word(text: string | undefined): string | undefined {
  return text?.trim().toLowerCase()
}

/** The path of an annotation as it stands in messages and status causes. */
export function annotationPath(key: string): string {
  return `metadata.annotations[${key}]`
}
