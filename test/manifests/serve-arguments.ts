import { Command } from 'commander'
import { defineServe } from '../../src/cli/commands/serve.ts'
import { readServeOptions } from '../../src/config/read-serve-options.ts'
import type { ServeOptions } from '../../src/config/serve-options.ts'

const SILENT = { write: () => true }

/** Reads the arguments of a container as `serve` would; throws for one that it does not know or take. */
export function readServeArguments(args: readonly string[]): ServeOptions {
  const program = new Command('migration-guard').exitOverride()
  const io = { stdout: SILENT, stderr: SILENT } as never
  defineServe(program, io, async () => {})
  let flags: Readonly<Record<string, unknown>> = {}
  const serve = program.commands.find(command => command.name() === 'serve')
  serve?.exitOverride().configureOutput({ writeErr: () => {} })
  serve?.action(given => {
    flags = given
  })
  program.parse([...args], { from: 'user' })
  return readServeOptions({ flags, env: {}, hostname: 'pod' })
}
