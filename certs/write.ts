import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { certificatesIn, readPrivateKey } from '../src/certificates/x509.ts'
import { CertificateInputError } from './input-error.ts'
import type { IssuedCertificates } from './issue.ts'

/** Where to write, and what is allowed there. */
export type WriteOptions = {
  readonly dir: string
  readonly issued: IssuedCertificates
  /** Keeps `ca.key` too. A renewal under the same CA needs it; who reads it can pose as the webhook. */
  readonly keepCaKey?: boolean
  readonly force?: boolean
}

/** A file that was written, and what it is for. */
export type WrittenFile = { readonly path: string; readonly purpose: string }

type Target = WrittenFile & { readonly text: string; readonly mode: number }

/** Writes ca.crt, tls.crt and tls.key, each whole or not at all; over existing ones only if forced. */
export function writeCertificates(options: WriteOptions): readonly WrittenFile[] {
  const targets = listTargets(options)
  if (!options.force) refuseExisting(targets)
  if (!options.keepCaKey) refuseForeignCaKey(options)
  makeDirectory(options.dir)
  replaceAll(options.dir, targets)
  return targets.map(({ path, purpose }) => ({ path, purpose }))
}

// In two steps: `recursive` would give the mode to the parents too, and Node's loops for ever where
// mkdir answers ENOENT for a parent that exists (/proc).
function makeDirectory(dir: string): void {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return
  mkdirSync(dirname(resolve(dir)), { recursive: true })
  mkdirSync(dir, { mode: 0o700 })
}

function listTargets({ dir, issued: { ca, server }, keepCaKey }: WriteOptions): readonly Target[] {
  const file = (name: string, text: string, mode: number, purpose: string): Target => ({
    path: join(dir, name),
    text,
    mode,
    purpose,
  })
  const caKey = file('ca.key', ca.key, 0o600, 'key of the CA: keep it offline')
  return [
    file('ca.crt', ca.certificate, 0o644, 'certificate of the CA: the caBundle'),
    file('tls.crt', server.certificate, 0o644, 'serving certificate'),
    file('tls.key', server.key, 0o600, 'key of the serving certificate'),
    ...(keepCaKey ? [caKey] : []),
  ]
}

function refuseExisting(targets: readonly Target[]): void {
  const existing = targets.find(target => existsSync(target.path))
  if (existing)
    throw new CertificateInputError(
      'force',
      `is needed: ${existing.path} exists, nothing was written`,
    )
}

// A ca.key of another CA beside the new ca.crt would look like its key until the day it is needed.
function refuseForeignCaKey({ dir, issued }: WriteOptions): void {
  const path = join(dir, 'ca.key')
  if (!existsSync(path)) return
  if (belongsTo(issued.ca.certificate, readFileSync(path, 'utf8'))) return
  throw new CertificateInputError(
    'dir',
    `holds ${path}, not the key of this CA: move it away first`,
  )
}

function belongsTo(bundle: string, pem: string): boolean {
  try {
    const key = readPrivateKey(pem)
    return certificatesIn(bundle).some(certificate => certificate.checkPrivateKey(key))
  } catch {
    return false
  }
}

// Every file is on disk before the first one gets its name: a full disk leaves the old set whole.
function replaceAll(dir: string, targets: readonly Target[]): void {
  // The name keeps its ending: .gitignore must cover what a crash leaves behind.
  const prefix = join(dir, `.${randomBytes(6).toString('hex')}.`)
  const staged = targets.map(target => ({ ...target, temporary: prefix + basename(target.path) }))
  try {
    for (const { temporary, text, mode } of staged) writeDurably(temporary, text, mode)
    for (const { temporary, path } of staged) renameSync(temporary, path)
  } catch (error) {
    removeQuietly(staged.map(({ temporary }) => temporary))
    throw error
  }
}

// What went wrong before matters more than a leftover that cannot be removed.
function removeQuietly(paths: readonly string[]): void {
  for (const path of paths)
    try {
      rmSync(path, { force: true })
    } catch {}
}

function writeDurably(path: string, text: string, mode: number): void {
  const file = openSync(path, 'wx', mode)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
