import type { TLSSocket } from 'node:tls'
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Failure } from '../../core/admission-review.ts'
import type { Webhook } from '../../core/decision.ts'
import type { Answer, Answerer } from '../answer.ts'
import { startDeadline } from '../reviews/deadline.ts'
import { createRoom, type ReceivedBody, receiveBody } from '../reviews/receive-body.ts'
import { peerOf } from './client-certificate.ts'

/** The webhooks by their path; what a webhook configuration adds to it, after another slash, is only there to be read. */
const WEBHOOKS: Readonly<Record<string, Webhook>> = {
  '/validate': 'validate',
  '/advise': 'advise',
  '/mutate': 'mutate',
}

/** Below the 5 s after which the API server stops waiting (timeoutSeconds of the webhook configurations). */
const ANSWER_WITHIN_MS = 4000

type Ask = (webhook: Webhook, request: FastifyRequest, reply: FastifyReply) => Promise<Answer>

/** Serves the webhooks: POST an AdmissionReview, get one back, whatever happens in between. */
export function admissionRoutes(
  app: FastifyInstance,
  answerer: Answerer,
  answerWithin = ANSWER_WITHIN_MS,
): void {
  const ask = createAsk(answerer, answerWithin)
  // The bodies of reviews are read by ourselves, and of anything else only the method and the path count.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  for (const [path, webhook] of Object.entries(WEBHOOKS)) {
    // Before Fastify looks at the media type: what it refuses would get an answer that is no review.
    const answer: onRequestHookHandler = (request, reply) => {
      ask(webhook, request, reply).then(
        found => send(reply, found),
        (error: Error) => reply.send(error),
      )
    }
    for (const url of withHints(path)) app.post(url, { onRequest: answer }, unreached)
  }
  app.setErrorHandler(async (error: Error, request, reply) => {
    const webhook = WEBHOOKS[request.routeOptions.url?.replace(/\/\*$/, '') ?? '']
    if (webhook === undefined || request.method !== 'POST')
      return sendText(reply, 500, 'the guard failed on this request\n')
    const failure = { code: 500, message: `the guard failed: ${error.message}` } as const
    const peer = peerOf(request.raw.socket as TLSSocket)
    return send(reply, answerer.fail(webhook, Buffer.alloc(0), failure, peer))
  })
  explainWrongTurns(app)
}

// While the guard is down, kubectl prints the path and nothing else of ours: the configurations that ship say there what to do.
function withHints(path: string): readonly string[] {
  return [path, `${path}/*`]
}

// A route needs a handler, also where a hook has answered.
function unreached(): never {
  throw new Error('the hook of this route has not answered')
}

// Fastify's own handlerTimeout ends with the body: Node emits `close` on a request that has been read, which it takes for a
// client that is gone (fastify pull request 6725, open with 5.12).
function createAsk(answerer: Answerer, answerWithin: number): Ask {
  const room = createRoom()
  return async (webhook, request, reply) => {
    const { body, done, release } = receiveBody(request.raw, room)
    const deadline = startDeadline(answerWithin, reply.raw)
    const contentType = request.headers['content-type']
    const peer = peerOf(request.raw.socket as TLSSocket)
    const work = done.then(() =>
      answerer.answer({ webhook, contentType, body, peer, signal: deadline.signal }),
    )
    try {
      return await Promise.race([work, deadline.passed])
    } catch (error) {
      if (!body.ended) reply.header('connection', 'close')
      return answerer.fail(webhook, body.bytes(), whyNoAnswer(body, error as Error), peer)
    } finally {
      deadline.clear()
      release()
    }
  }
}

function whyNoAnswer(body: ReceivedBody, { message }: Error): Failure {
  if (body.ended) return { code: 500, message }
  if (body.refusal !== null) return body.refusal
  return { code: 400, message: `the body broke off after ${body.size} bytes: ${message}` }
}

// Whoever opens a path in a browser or mistypes one is told what to do instead.
function explainWrongTurns(app: FastifyInstance): void {
  const paths = Object.keys(WEBHOOKS).join(', ')
  for (const path of Object.keys(WEBHOOKS))
    for (const url of withHints(path))
      app.route({
        method: ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        url,
        handler: (request, reply) =>
          sendText(
            reply.header('allow', 'POST'),
            405,
            `${request.method} is not answered here: POST an AdmissionReview (admission.k8s.io/v1, application/json) to ${path}, as the API server does.\n`,
          ),
      })
  app.setNotFoundHandler((_request, reply) =>
    sendText(
      reply,
      404,
      `nothing is here: POST an AdmissionReview to one of ${paths}. Probes and metrics are on the operations port.\n`,
    ),
  )
}

function send(reply: FastifyReply, { status, text }: Answer): FastifyReply {
  return reply.code(status).header('content-type', 'application/json; charset=utf-8').send(text)
}

function sendText(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).header('content-type', 'text/plain; charset=utf-8').send(text)
}
