// Fastify with a route that does what the raw server does.
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'

const [port = '0', dir = 'certs'] = process.argv.slice(2)

const app = Fastify({
  https: { key: readFileSync(`${dir}/tls.key`), cert: readFileSync(`${dir}/tls.crt`) },
})
type Review = { apiVersion: string; request: { uid: string; operation: string } }
app.post<{ Body: Review }>('/validate', async ({ body }) => ({
  apiVersion: body.apiVersion,
  kind: 'AdmissionReview',
  response: { uid: body.request.uid, allowed: Boolean(body.request.operation) },
}))
await app.listen({ port: Number(port), host: '127.0.0.1' })
console.log('ready')
