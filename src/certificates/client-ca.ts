import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createSecureContext } from 'node:tls'
import { explainReadError } from '../files/explain-error.ts'
import { type FollowTiming, followDirectory } from '../files/follow-directory.ts'
import { certificatesIn } from './x509.ts'

/** What to follow, and who is told. */
export type ClientCaOptions = FollowTiming & {
  readonly file: string
  /** The PEM text in force. */
  readonly current: string
  /** Gets every new good CA; what it throws is reported as a problem. */
  readonly onCa: (pem: string) => void
  /** Gets the reason, once for each, why the last good CA is kept. */
  readonly onProblem: (problem: string) => void
}

/** A running watch; `problem` is why a newer file is not in force. */
export type ClientCaWatch = {
  readonly problem: string | null
  readonly stop: () => void
}

/** Reads the CA that client certificates are checked with; throws an Error whose message begins with the file. */
export function readClientCa(file: string, now = new Date()): string {
  try {
    const pem = readFileSync(file, 'utf8')
    const certificates = certificatesIn(pem)
    if (certificates.every(({ validToDate }) => validToDate < now))
      throw new Error('holds no certificate that has not expired')
    // The last word is OpenSSL's.
    createSecureContext({ ca: pem })
    return pem
  } catch (cause) {
    throw new Error(`${file}: ${explainReadError(cause)}`, { cause })
  }
}

/**
 * Follows the file while it is replaced. With a CA of yesterday no client would be let in once its certificate is renewed, and
 * with a broken one nobody ever: the last good one stays.
 */
export function watchClientCa(options: ClientCaOptions): ClientCaWatch {
  const { file, onCa, onProblem } = options
  let current = options.current
  let problem: string | null = null
  const look = () => {
    const before = problem
    problem = take()
    if (problem !== null && problem !== before) onProblem(problem)
  }
  const take = () => {
    try {
      const pem = readClientCa(file)
      if (pem !== current) onCa(pem)
      current = pem
      return null
    } catch (error) {
      return (error as Error).message
    }
  }
  const { stop } = followDirectory(dirname(file), look, options)
  return {
    get problem() {
      return problem
    },
    stop,
  }
}
