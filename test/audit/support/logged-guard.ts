// A guard that writes its log into memory.
import { Writable } from 'node:stream'
import { canonicalJson } from '../../../src/audit/canonical-json.ts'
import { openStdoutSink } from '../../../src/audit/stdout-sink.ts'
import type { AdmissionRequest } from '../../../src/core/admission-review.ts'
import type { Webhook } from '../../../src/core/decision.ts'
import type { DecisionContext } from '../../../src/core/decision-context.ts'
import type { Policy } from '../../../src/core/policy.ts'
import { parsePolicy } from '../../../src/policy/load.ts'
import { openRecorder } from '../../../src/server/recording/recorder.ts'
import { answerer } from '../../server/support/parts.ts'
import { NOW } from '../../support/decide.ts'

/** A guard whose log is kept as lines, and what it decided. */
export async function loggedGuard(context: DecisionContext) {
  const lines: string[] = []
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk).trimEnd())
      done()
    },
  })
  const recorder = await openRecorder({
    open: async preamble => openStdoutSink(stream, preamble),
    replica: 'guard-0',
    version: '1.2.3',
    now: () => NOW,
    configuration: {},
    observe: () => {},
  })
  const { hcoVersion, text, policy, hash } = writtenPolicy(context.policy)
  let now = context.now
  const { put, observed, unrecorded, crashes } = await answerer({
    recorder,
    policy: () => ({ hash, source: 'policy.yaml', text, policy, ...hcoVersion }),
    facts: () => context.facts,
    approve: async () => context.approvals,
    // Each decision has its own moment.
    now: () => now++,
  })
  const ask = async (request: AdmissionRequest, webhook: Webhook) => {
    const { userInfo, fieldManager, ...rest } = request
    const options = { fieldManager }
    // In the order in which the API server writes the members of an object.
    const review = canonicalJson({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: { ...rest, userInfo, options, dryRun: false },
    })
    return put(review, webhook)
  }
  return { ask, put, lines, observed, unrecorded, crashes }
}

/** A policy as a file says it, and the version of HCO as the command line does. */
function writtenPolicy({ hcoVersion, ...policy }: Policy) {
  const { profile, data, filling, enforcement: rules, networks, linkBandwidth } = policy
  const { podNetwork, unstable } = networks
  const text = JSON.stringify({
    apiVersion: 'migration-guard.io/v1alpha1',
    kind: 'MigrationGuardPolicy',
    ...(profile && { profile }),
    ...(data && { data }),
    filling,
    rules,
    networks: { ...(podNetwork && { podNetwork }), unstable },
    ...(linkBandwidth && { linkBandwidth }),
    exceptions: { onExpiry: policy.exceptions.onExpiry },
  })
  const read = parsePolicy(text, 'policy.yaml')
  if ('problems' in read) throw new Error(JSON.stringify(read.problems))
  return {
    text,
    hash: read.hash,
    policy: { ...read.policy, hcoVersion },
    hcoVersion: hcoVersion === null ? {} : { hcoVersion },
  }
}
