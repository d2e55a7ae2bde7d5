// The floor of a server with a durable log: what raw.ts does, and a line of the size of an audit record that is on disk before
// the answer leaves. One write and one fdatasync serve all reviews that came meanwhile. No chain, no rotation, no recovery.
import { fdatasync, openSync, write } from 'node:fs'
import { serveReviews } from './reviews.ts'

const [, dir = 'certs'] = process.argv.slice(2)
// The median of the guard's records of the reviews that are sent.
const LINE = `${'x'.repeat(1700)}\n`

const log = openSync(`${dir}/durable.log`, 'a', 0o600)
let waiting: (() => void)[] = []
let busy = false

function commit(): void {
  if (busy || waiting.length === 0) return
  busy = true
  const answers = waiting
  waiting = []
  write(log, LINE.repeat(answers.length), error => {
    if (error) throw error
    fdatasync(log, failure => {
      if (failure) throw failure
      busy = false
      for (const answer of answers) answer()
      commit()
    })
  })
}

serveReviews(send => {
  waiting.push(send)
  commit()
})
