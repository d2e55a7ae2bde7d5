import { hash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import type { IssuedCertificates } from '../../../certs/issue.ts'
import { issue } from './issued.ts'

/** Certificates for tests that are about something else than issuing: a pair, two renewals under its CA, another CA's, and an expired one. */
export type SharedCertificates = Readonly<
  Record<'first' | 'renewed' | 'again' | 'other' | 'expired', IssuedCertificates>
>

const SOURCES = new URL('../../../certs/', import.meta.url)
const CACHE = new URL('../../../node_modules/.cache/test-certificates/', import.meta.url)
const DAY_MS = 86_400_000

/** Made once a day, and anew when the code that makes them has changed: eight RSA keys take a second. */
export function sharedCertificates(): SharedCertificates {
  const sources = readdirSync(SOURCES).map(name => readFileSync(new URL(name, SOURCES), 'utf8'))
  const file = new URL(`${hash('sha256', sources.join('\0'))}.json`, CACHE)
  try {
    if (Date.now() - statSync(file).mtimeMs < DAY_MS) return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // Nobody has made them yet.
  }
  const first = issue()
  const made = {
    first,
    renewed: issue({ ca: first.ca }),
    again: issue({ ca: first.ca }),
    other: issue(),
    expired: issue({ now: new Date('2024-01-01T00:00:00Z'), leafDays: 30 }),
  }
  mkdirSync(CACHE, { recursive: true })
  // Test files run side by side: whoever reads finds all of it.
  const own = new URL(`${file.pathname}.${process.pid}`, CACHE)
  writeFileSync(own, JSON.stringify(made), { mode: 0o600 })
  renameSync(own, file)
  return made
}
