import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'

/**
 * Serves reviews with node:https as the command line says, and allows each of them: no routing, no judgement. What sends the
 * answer is handed to `whenAnswered`, which calls it at once or later.
 */
export function serveReviews(whenAnswered: (send: () => void) => void): void {
  const [port = '0', dir = 'certs'] = process.argv.slice(2)
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
        whenAnswered(() => {
          response.setHeader('content-type', 'application/json')
          response.setHeader('content-length', Buffer.byteLength(answer))
          response.end(answer)
        })
      })
    },
  ).listen(Number(port), '127.0.0.1')
}
