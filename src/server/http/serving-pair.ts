import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readClientCa } from '../../certificates/client-ca.ts'
import { expiryOf } from '../../certificates/expiry.ts'
import { loadPair, type ServingPair } from '../../certificates/serving-certificate.ts'
import type { ServeOptions } from '../../config/serve-options.ts'
import { explainWriteError } from '../../files/explain-error.ts'
import type { Log } from '../log.ts'
import { StartError } from '../start-error.ts'

/** The certificate that is served now, and the CA of the clients where they must show one. */
export type ServedPair = { pair: ServingPair; clientCa: string | undefined }

/** Loads what the options name; throws a `StartError` that says which file is wrong and what to do. */
export async function openServingPair(
  { dev, tlsDir, clientCa, clientCn }: ServeOptions,
  log: Log,
): Promise<ServedPair> {
  if (clientCn !== null && clientCa === null)
    throw new StartError(
      '--client-cn says who may ask among those that --client-ca vouches for: give --client-ca as well',
    )
  if (dev) await ensureServingPair(tlsDir, log)
  const { pair, problem } = loadPair(tlsDir)
  if (pair === null)
    throw new StartError(
      `${problem.message}. Issue certificates with "migration-guard certs --out ${tlsDir}", or name their folder with --tls-dir`,
    )
  for (const warning of pair.warnings) log.warn(warning)
  return { pair, clientCa: clientCa === null ? undefined : openClientCa(clientCa) }
}

function openClientCa(file: string): string {
  try {
    return readClientCa(file)
  } catch (cause) {
    throw new StartError(`--client-ca ${(cause as Error).message}`, { cause })
  }
}

// For a first try: a certificate for this machine where there is none, or where it is over.
async function ensureServingPair(dir: string, log: Log): Promise<void> {
  const missing = ['tls.crt', 'tls.key'].every(name => !existsSync(join(dir, name)))
  if (!missing && !isExpired(dir)) return
  // Loaded here alone: a server that finds its certificates needs no node-forge.
  const [{ issueCertificates }, { webhookNames }, { writeCertificates }] = await Promise.all([
    import('../../../certs/issue.ts'),
    import('../../../certs/names.ts'),
    import('../../../certs/write.ts'),
  ])
  const name = 'hco-migration-guard'
  const issued = issueCertificates(webhookNames({ service: name, namespace: name }))
  try {
    writeCertificates({ dir, issued, force: !missing })
  } catch (cause) {
    throw new StartError(
      `--tls-dir ${dir}: no certificates can be made: ${explainWriteError(cause) ?? (cause as Error).message}`,
      { cause },
    )
  }
  log.info(`certificates ${missing ? 'made' : 'made anew, they had expired'}: ${dir}`)
}

function isExpired(dir: string): boolean {
  const { pair } = loadPair(dir)
  return pair !== null && expiryOf(pair, new Date()).state === 'expired'
}
