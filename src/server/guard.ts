import type { FastifyInstance } from 'fastify'
import { watchClientCa } from '../certificates/client-ca.ts'
import { watchCertificates } from '../certificates/watch-certificates.ts'
import type { ServeOptions } from '../config/serve-options.ts'
import { readYaml } from '../yaml/read-yaml.ts'
import { createAnswerer } from './answer.ts'
import { listen, probe } from './http/listen.ts'
import { createOpsServer } from './http/ops-server.ts'
import { createServer, replaceCertificate } from './http/server.ts'
import { readConditions } from './lifecycle/conditions.ts'
import { closeGently, createDrain, type Drain } from './lifecycle/drain.ts'
import { judgeReadiness } from './lifecycle/readiness.ts'
import { type Part, releaseAll } from './lifecycle/release.ts'
import { type Ending, shutDown } from './lifecycle/shutdown.ts'
import { previewReview } from './preview.ts'
import { type GuardSurroundings, openState, type State } from './state.ts'

/** A guard that serves. */
export type Guard = {
  readonly port: number
  readonly opsPort: number
  /** The answer that a review would get at /validate; nothing is recorded. */
  readonly preview: (review: unknown) => object
  readonly stop: (ending?: Ending) => Promise<void>
}

/** Opens everything and serves; throws a `StartError` where the options cannot be honoured. */
export async function startGuard(
  options: ServeOptions,
  surroundings: GuardSurroundings,
): Promise<Guard> {
  const opened: Part[] = []
  const { host, port, opsPort } = options
  try {
    // Before the log is opened, so that a start in vain leaves no record of a start.
    await probe({ host, port, option: '--port' })
    await probe({ host, port: opsPort, option: '--ops-port' })
    const state = await openState(options, surroundings, opened)
    return await openPorts(options, surroundings, state, opened)
  } catch (error) {
    await releaseAll(opened, surroundings.log)
    throw error
  }
}

async function openPorts(
  options: ServeOptions,
  { log }: GuardSurroundings,
  state: State,
  opened: Part[],
): Promise<Guard> {
  const { host } = options
  const drain = createDrain()
  const admission = openAdmission(options, state, drain)
  const certificates = followCertificate(options, state, admission, log)
  opened.push(['the watch on the certificate', certificates.stop])
  const clientCa = followClientCa(options, state, admission, log)
  opened.push(['the watch on the client CA', () => clientCa?.stop()])
  const watched = { certificates, clientCa }
  const port = await listen(admission, { host, port: options.port, option: '--port' })
  opened.push(['the port for reviews', () => closeGently(admission)])
  const ops = createOpsServer({
    readiness: () => judgeReadiness(readConditions(state, watched, drain.started)),
    scrape: state.metrics.scrape,
    drain,
  })
  const opsPort = await listen(ops, { host, port: options.opsPort, option: '--ops-port' })
  const delaySeconds = options.shutdownDelay
  return {
    port,
    opsPort,
    preview: review => preview(state, review),
    stop: ending => shutDown({ opened, ops, drain, delaySeconds, log }, ending),
  }
}

function openAdmission(options: ServeOptions, state: State, drain: Drain): FastifyInstance {
  const { world, policies, recorder, observers, served, now } = state
  const answerer = createAnswerer({
    policy: policies.current,
    facts: world.facts,
    approve: world.approve,
    recorder,
    readYaml,
    now,
    ...observers,
  })
  const { pair, clientCa } = served
  const tls = { cert: pair.cert, key: pair.key, clientCa }
  return createServer({ answerer, drain, tls, clientName: options.clientCn ?? undefined })
}

function followCertificate(
  { tlsDir }: ServeOptions,
  { served, metrics }: State,
  admission: FastifyInstance,
  log: GuardSurroundings['log'],
) {
  return watchCertificates({
    dir: tlsDir,
    current: served.pair,
    onPair: pair => {
      replaceCertificate(admission, { cert: pair.cert, key: pair.key, clientCa: served.clientCa })
      served.pair = pair
      metrics.certificateReloads.inc({ result: 'success' })
      log.info(`a new certificate is served, until ${pair.notAfter.toISOString()}`)
    },
    onProblem: ({ message }) => {
      metrics.certificateReloads.inc({ result: 'failure' })
      log.error(`the certificate stays as it was; the new one cannot be served: ${message}`)
    },
    onWarning: warning => log.warn(warning),
  })
}

function followClientCa(
  { clientCa: file }: ServeOptions,
  { served, metrics }: State,
  admission: FastifyInstance,
  log: GuardSurroundings['log'],
) {
  if (file === null || served.clientCa === undefined) return undefined
  return watchClientCa({
    file,
    current: served.clientCa,
    onCa: clientCa => {
      const { cert, key } = served.pair
      replaceCertificate(admission, { cert, key, clientCa })
      served.clientCa = clientCa
      metrics.clientCaReloads.inc({ result: 'success' })
      log.info('a new client CA is in force for new connections')
    },
    onProblem: problem => {
      metrics.clientCaReloads.inc({ result: 'failure' })
      log.error(`the client CA stays as it was; the new one cannot be used: ${problem}`)
    },
  })
}

function preview({ policies, facts, now }: State, review: unknown): object {
  const { policy, hash } = policies.current()
  return previewReview(review, { facts: facts(), policy, policyHash: hash, now: now(), readYaml })
}
