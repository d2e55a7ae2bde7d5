import process from 'node:process'
import { run } from './cli/command-line.ts'

// Whoever reads our output may stop reading, as `head` does; and a server goes on when nobody reads its log any more.
for (const output of [process.stdout, process.stderr])
  output.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return
    process.exitCode = 4
    if (output === process.stdout)
      process.stderr.write(`error: standard output cannot be written to: ${message}\n`)
  })

process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: () => new Date(),
})
