import type { IssuedCertificates } from '../../certs/issue.ts'
import { type JsonServer, serveJson } from './json-server.ts'

type Fields = Readonly<Record<string, unknown>>

type HyperConverged = { readonly apiVersion: string; readonly spec?: Fields }

// The section of a v1 spec that each field of a v1beta1 spec moved into.
const SECTIONS: Readonly<Record<string, string>> = {
  liveMigrationConfig: 'virtualization',
  evictionStrategy: 'virtualization',
  workloadUpdateStrategy: 'virtualization',
  uninstallStrategy: 'deployment',
  deployVmConsoleProxy: 'deployment',
}

/** The same HyperConverged in the other API version. */
function convert<T extends HyperConverged>(object: T, apiVersion: string): T {
  if (object.apiVersion === apiVersion || object.spec === undefined)
    return { ...object, apiVersion }
  const spec = apiVersion.endsWith('/v1') ? intoSections(object.spec) : outOfSections(object.spec)
  return { ...object, apiVersion, spec }
}

function intoSections(spec: Fields): Fields {
  const moved: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(spec)) {
    const section = SECTIONS[field]
    if (section === undefined) moved[field] = value
    else moved[section] = { ...(moved[section] as Fields | undefined), [field]: value }
  }
  return moved
}

function outOfSections(spec: Fields): Fields {
  const sections = new Set(Object.values(SECTIONS))
  const fields = Object.entries(spec).flatMap(([name, value]) =>
    sections.has(name) ? Object.entries(value as Fields) : [[name, value] as const],
  )
  return Object.fromEntries(fields)
}

type ConversionReview = {
  readonly request: {
    readonly uid: string
    readonly desiredAPIVersion: string
    readonly objects: readonly HyperConverged[]
  }
}

/** Serves the conversion webhook of the HyperConverged CRD, as HCO's webhook pod does. */
export function serveConversion(certificates: IssuedCertificates): Promise<JsonServer> {
  return serveJson(certificates, body => {
    const { uid, desiredAPIVersion, objects } = (body as ConversionReview).request
    const convertedObjects = objects.map(object => convert(object, desiredAPIVersion))
    const response = { uid, convertedObjects, result: { status: 'Success' } }
    return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', response }
  })
}
