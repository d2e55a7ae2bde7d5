import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeCertificates } from '../../certs/write.ts'
import { readServeOptions } from '../config/read-serve-options.ts'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import type { Era } from '../control-plane/crds/eras.ts'
import { installCrds } from '../control-plane/install-crds.ts'
import { type Guard, startGuard } from '../server/guard.ts'
import type { GuardSurroundings } from '../server/state.ts'
import { guardKubeconfig } from './guard-account.ts'
import { register } from './register-webhooks.ts'
import { NAMESPACE, seedSurroundings } from './seed.ts'
import { webhookConfigurations } from './shipped-manifests.ts'

export type GuardedPlaneOptions = {
  readonly era: Era
  /** Where the audit log goes; into the temporary folder when not given. */
  readonly auditFile?: string | undefined
  /** Takes a line on what goes on. */
  readonly report: (line: string) => void
  readonly signal: AbortSignal
  readonly surroundings: GuardSurroundings
}

/** A control plane with the guard in front of it, called as the configurations that ship say. */
export type GuardedPlane = {
  readonly plane: ControlPlane
  readonly auditFile: string
  /** Folder for the person's own files; gone after `stop`. */
  readonly folder: string
  readonly stop: () => Promise<void>
}

/** Starts a control plane of an era with networks and VMs, and the guard in this process, with the rights that ship. */
export async function startGuardedPlane(options: GuardedPlaneOptions): Promise<GuardedPlane> {
  const { era, report, signal, surroundings } = options
  const opened: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const close of opened.splice(0).reverse()) await close()
  }
  try {
    const plane = await startControlPlane({
      ...{ namespace: NAMESPACE, folder: 'migration-guard-try-', report, signal },
      env: surroundings.env,
    })
    opened.push(plane.stop)
    const crds = await installCrds(plane, era)
    opened.push(crds.close)
    await seedSurroundings(plane)
    report(`Kubernetes ${await versionOf(plane)} is up, with the CRDs of HCO ${era}`)
    const auditFile = options.auditFile ?? join(plane.dir, 'guard', 'audit.jsonl')
    const guard = await openGuard(plane, auditFile, surroundings)
    opened.push(guard.stop)
    await untilReady(guard, signal)
    await register(plane, `https://localhost:${guard.port}`, await webhookConfigurations(plane))
    report('the guard is in front of it, with the rights and webhook configurations that ship')
    const folder = join(plane.dir, 'here')
    mkdirSync(folder)
    return { plane, auditFile, folder, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function versionOf({ request }: ControlPlane): Promise<string> {
  const { body } = await request('GET', '/version')
  return (body as { readonly gitVersion: string }).gitVersion
}

async function openGuard(
  plane: ControlPlane,
  auditFile: string,
  surroundings: GuardSurroundings,
): Promise<Guard> {
  const tlsDir = join(plane.dir, 'guard')
  writeCertificates({ dir: tlsDir, issued: plane.certificates })
  const flags = {
    ...{ dev: true, port: 0, opsPort: 0, tlsDir, auditFile, hcoNamespace: NAMESPACE },
    ...{ cluster: 'kubeconfig', kubeconfig: await guardKubeconfig(plane), replica: 'try' },
  }
  return startGuard(readServeOptions({ flags, env: {}, hostname: 'try' }), surroundings)
}

const POLL_MS = 25
const READY_MS = 30_000

async function untilReady({ opsPort }: Guard, signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(READY_MS)])
  for (;;) {
    const { ok } = await fetch(`http://127.0.0.1:${opsPort}/readyz`, { signal: deadline })
    if (ok) return
    await new Promise(done => setTimeout(done, POLL_MS))
  }
}
