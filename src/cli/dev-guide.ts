import { readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { ServeOptions } from '../config/serve-options.ts'
import { textAt } from '../core/json.ts'
import { packageFile } from '../package-file.ts'
import type { Guard } from '../server/guard.ts'
import { quoted, thisProgram } from '../shell.ts'

/** What to try next: a command to paste, the answer it gets from this very guard, and where that is recorded. */
export function devGuide(
  options: Pick<ServeOptions, 'tlsDir' | 'auditFile'>,
  { port, opsPort, preview }: Pick<Guard, 'port' | 'opsPort' | 'preview'>,
  folder: string,
): string {
  const parts = [tryIt(options, port, preview, folder), seeIt(options.auditFile, opsPort, folder)]
  return `\n${parts.flat().join('\n')}\n\nStop with Ctrl+C.\n`
}

function tryIt(
  { tlsDir }: Pick<ServeOptions, 'tlsDir'>,
  port: number,
  preview: Guard['preview'],
  folder: string,
): readonly string[] {
  // The package may be installed without its examples.
  const path = packageFile('examples/reviews/parallel-20.json')
  if (path === undefined) return []
  const ca = quoted(shortest(resolve(folder, tlsDir, 'ca.crt'), folder))
  const example = quoted(shortest(path, folder))
  const answer = preview(JSON.parse(readFileSync(path, 'utf8')))
  const message = textAt(answer, ['response', 'status', 'message']) ?? 'the request is allowed'
  return [
    'Ask it what it says to 20 parallel migrations:',
    '',
    `  cd ${quoted(folder)} && \\`,
    `  curl --cacert ${ca} -H 'Content-Type: application/json' \\`,
    `    --data-binary @${example} https://127.0.0.1:${port}/validate`,
    '',
    'It will answer with one line of JSON, whose message says:',
    '',
    ...message.split('\n').map(line => (line === '' ? '' : `  ${line}`)),
    '',
  ]
}

function seeIt(auditFile: string, opsPort: number, folder: string): readonly string[] {
  const state = `State:      curl ${quoted(`http://127.0.0.1:${opsPort}/readyz?verbose`)}`
  if (auditFile === '-') return ['Audit log:  standard output', state]
  return [
    `Audit log:  ${auditFile}`,
    `Verify it:  ${thisProgram()} audit verify ${quoted(resolve(folder, auditFile))}`,
    state,
  ]
}

function shortest(path: string, folder: string): string {
  const way = relative(folder, path)
  return way.startsWith('..') ? path : join('.', way)
}
