// The floor of a server with a durable log: what raw.ts does, and a line of the size of an audit record that is on disk before
// the answer leaves. One write and one fdatasync serve all reviews that came meanwhile. No chain, no rotation, no recovery.
import { fdatasync, openSync, readFileSync, write } from 'node:fs'
import { createServer } from 'node:https'

const [port = '0', dir = 'certs'] = process.argv.slice(2)
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

createServer(
  { key: readFileSync(`${dir}/tls.key`), cert: readFileSync(`${dir}/tls.crt`) },
  (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const review = JSON.parse(Buffer.concat(chunks).toString())
      const answer = JSON.stringify({
        apiVersion: review.apiVersion,
        kind: 'AdmissionReview',
        response: { uid: review.request.uid, allowed: Boolean(review.request.operation) },
      })
      waiting.push(() => {
        response.setHeader('content-type', 'application/json')
        response.setHeader('content-length', Buffer.byteLength(answer))
        response.end(answer)
      })
      commit()
    })
  },
).listen(Number(port), '127.0.0.1', () => console.log('ready'))
