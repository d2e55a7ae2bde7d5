import process from 'node:process'
import { run } from './cli/command-line.ts'

// Whoever reads our output may stop reading, as `head` does; and a server goes on when nobody reads its log any more.
for (const output of [process.stdout, process.stderr])
  output.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') process.exitCode = 4
  })

process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: () => new Date(),
})
