import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlPlane } from './control-plane.ts'
import { serveConversion } from './conversion.ts'
import { COMPANIONS, type Companion, companionCrd } from './crds/companions.ts'
import { type Era, VERSIONS } from './crds/eras.ts'
import { eraMark, hyperConvergedCrd } from './crds/hyperconverged.ts'

type Crd = {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly group: string; readonly names: { readonly plural: string } }
}

/** The CRDs of a cluster that HCO manages. */
export type Crds = {
  /** Replaces the HyperConverged CRD by that of another era, as an upgrade does. */
  upgrade(era: Era): Promise<void>
  /** Ends the conversion webhook. */
  close(): Promise<void>
}

/** Installs the CRDs of an era and waits until the API server serves them. */
export async function installCrds(
  plane: ControlPlane,
  era: Era,
  companions: readonly Companion[] = COMPANIONS,
): Promise<Crds> {
  const conversion = await serveConversion(plane.certificates)
  const client = { url: conversion.url, caBundle: base64(plane.certificates.ca.certificate) }
  const upgrade = async (next: Era) => {
    await install(plane, hyperConvergedCrd(next, client), VERSIONS[next].served, eraMark(next))
    plane.kubectl.forgetKinds()
  }
  await Promise.all(companions.map(kind => installCompanion(plane, kind)))
  await upgrade(era)
  return { upgrade, close: conversion.close }
}

/** Installs the CRD of one kind beside HyperConverged. */
export async function installCompanion(plane: ControlPlane, kind: Companion): Promise<void> {
  const crd = companionCrd(kind)
  const served = crd.spec.versions.map(({ name }) => name)
  await install(plane, crd, served)
  plane.kubectl.forgetKinds()
}

const PATH = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const APPLY = { 'content-type': 'application/apply-patch+yaml' }
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io'
const WAIT_MS = 10_000
const POLL_MS = 20

async function install(
  plane: ControlPlane,
  crd: Crd,
  served: readonly string[],
  mark = '',
): Promise<void> {
  // Server-side apply: creates or replaces, whichever it takes.
  const path = `${PATH}/${crd.metadata.name}?fieldManager=crds&force=true&fieldValidation=Strict`
  const { status, body } = await plane.request('PATCH', path, crd, APPLY)
  if (status >= 300) throw new Error(`${crd.metadata.name}: ${JSON.stringify(body)}`)
  for (const version of served) await untilServed(plane, crd, version, mark)
}

// The CRD says Established a moment before its objects are served, and an old schema lives on for a moment after it was
// replaced. A table names its columns, so `mark` tells the one from the other without asking any webhook.
async function untilServed(
  { request }: ControlPlane,
  { spec }: Crd,
  version: string,
  mark: string,
): Promise<void> {
  const path = `/apis/${spec.group}/${version}/${spec.names.plural}`
  const deadline = Date.now() + WAIT_MS
  for (;;) {
    const { status, body } = await request('GET', `${path}?limit=1`, undefined, { accept: TABLE })
    if (status === 200 && JSON.stringify(body).includes(mark)) return
    if (Date.now() > deadline) throw new Error(`${path} is not served: ${status}`)
    await sleep(POLL_MS)
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
