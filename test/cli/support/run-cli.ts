import { Readable, Writable } from 'node:stream'
import type { Test } from 'tap'
import { run } from '../../../src/cli/command-line.ts'

export type Ran = { readonly code: number; readonly out: string; readonly err: string }

export type Around = {
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>
  readonly env?: Readonly<Record<string, string>>
  /** Makes standard output a terminal of that many columns. */
  readonly columns?: number
}

/** The moment at which every test checks. */
export const NOW = '2026-11-23T12:00:00Z'

/** Runs a command line in this process, with what a shell would give it. */
export async function runCli(argv: readonly string[], around: Around = {}): Promise<Ran> {
  const stdout = collector()
  const stderr = collector()
  const { stdin = '', env = {}, columns } = around
  const code = await run(argv, {
    stdin:
      typeof stdin === 'string' || stdin instanceof Uint8Array
        ? Readable.from([Buffer.from(stdin as Uint8Array)])
        : stdin,
    stdout: Object.assign(stdout.stream, columns === undefined ? {} : { isTTY: true, columns }),
    stderr: stderr.stream,
    env,
    now: () => new Date(NOW),
  })
  return { code, out: stdout.text(), err: stderr.text() }
}

/** `check` on files that stand in a folder of their own, which is where it runs. */
export async function checkIn(
  t: Test,
  files: Parameters<Test['testdir']>[0],
  args: readonly string[],
  around?: Around,
): Promise<Ran> {
  inFolder(t, files)
  return runCli(['check', ...args], around)
}

const ROOT = process.cwd()

/** Works in a folder with these files until the test is over. */
export function inFolder(t: Test, files: Parameters<Test['testdir']>[0]): string {
  // A folder of an earlier call is made anew, so nobody may stand in it.
  process.chdir(ROOT)
  t.teardown(() => process.chdir(ROOT))
  const folder = t.testdir(files)
  process.chdir(folder)
  return folder
}

/** The JSON report of a check. */
export async function reportOf(
  t: Test,
  files: Parameters<Test['testdir']>[0],
  args: readonly string[],
  around?: Around,
) {
  const ran = await checkIn(t, files, [...args, '-o', 'json'], around)
  return { ...ran, report: ran.out === '' ? null : JSON.parse(ran.out) }
}

function collector() {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(Buffer.from(chunk))
      done()
    },
  })
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') }
}
