import { firstLine } from './lines.ts'
import { firstInName } from './log-files.ts'
import { LogVerifier, sequenceIn } from './log-verifier.ts'
import { isProgramLog } from './program-log.ts'
import type { LogSource, Verification, VerifyOptions } from './verification.ts'

/** Verifies the files of one log in the order of their records, up to the first problem. */
export async function verifyLog(
  sources: readonly LogSource[],
  options: VerifyOptions = {},
): Promise<Verification> {
  const verifier = new LogVerifier(options)
  const ordered = await inOrder(sources)
  for (const source of ordered) {
    if (!(await verifier.read(source, source === ordered.at(-1)))) break
  }
  return verifier.finish()
}

async function inOrder(sources: readonly LogSource[]): Promise<readonly LogSource[]> {
  if (sources.length < 2) return sources
  const placed: { source: LogSource; first: number }[] = []
  for (const source of sources) {
    const line = await firstLine(source.read(), isProgramLog)
    const first = line && sequenceIn(line.bytes)
    placed.push({ source, first: first ?? firstInName(source.name) ?? Number.POSITIVE_INFINITY })
  }
  return placed.sort((a, b) => a.first - b.first).map(({ source }) => source)
}
