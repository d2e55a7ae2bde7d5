import { globSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { canonicalJson } from '../../src/audit/canonical-json.ts'
import type { AdmissionRequest } from '../../src/core/admission-review.ts'
import type { Decision, Webhook } from '../../src/core/decision.ts'
import type { DecisionContext } from '../../src/core/decision-context.ts'
import { setAt } from '../../src/core/filling/patch.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { toWarnings } from '../../src/core/messages/warnings.ts'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import { RULE_IDS } from '../../src/core/rules/rule-ids.ts'
import {
  anyCase,
  contexts,
  declarations,
  eraAndVersion,
  exceptionsTo,
  someSettings,
} from '../support/arbitraries.ts'
import { contextOf, recordedReview } from '../support/decide.ts'
import { stored } from '../support/eras.ts'
import {
  approving,
  factsOf,
  hyperConverged,
  migrationPolicy,
  network,
  requestOf,
  type Values,
  vmi,
} from '../support/review.ts'
import { loggedGuard } from './support/logged-guard.ts'
import { around, oddities, surrounded, withOddities } from './support/odd-requests.ts'
import { type Replayed, replayLog } from './support/replay-log.ts'

const WEBHOOKS: readonly Webhook[] = ['validate', 'advise', 'mutate']

const plain = (value: unknown) => JSON.parse(canonicalJson(value))
/** What has to be the same: everything that the record says of the decision, and what the answer says beyond it. */
const told = (record: JsonObject, decision: Decision) =>
  plain({
    record,
    patch: decision.patch,
    warnings: toWarnings(decision),
    guarded: decision.guarded,
    repair: decision.repair,
  })
/** The record without what is not of the decision but of the log, the guard and the connection. */
const saved = ({ record }: Replayed) =>
  Object.fromEntries(Object.entries(record).filter(([key]) => !ENVELOPE.includes(key)))
const ENVELOPE: readonly string[] = [
  ...['sequence', 'prev', 'hash', 'replica', 'version', 'peer'],
  ...['policyHash', 'factsHash', 'factsAsOf'],
]

/** Throws where a decision, made again from the log alone, is another one. */
function check({ lines, observed, unrecorded, crashes }: Awaited<ReturnType<typeof loggedGuard>>) {
  const replayed = replayLog(lines)
  const lost = unrecorded.length + crashes.length + observed.length - replayed.length
  if (lost !== 0) throw new Error(`${lost} decisions are not in the log`)
  replayed.forEach((one, index) => {
    const live = told(saved(one), observed[index] as Decision)
    const again = told(one.again, one.decision)
    for (const key of Object.keys(live)) compare(key, live[key], again[key])
  })
  return replayed
}

function compare(what: string, live: unknown, again: unknown): void {
  const [one, other] = [canonicalJson(live), canonicalJson(again)]
  if (one !== other) throw new Error(`${what}\nlive  ${one}\nagain ${other}`)
}

t.test('every recorded review is decided again from the log alone', async t => {
  const directory = new URL('../fixtures/admission-reviews/', import.meta.url)
  const names = globSync('*/*.json', { cwd: directory.pathname }).sort()
  const cluster = [
    network('wan', 'unstable'),
    vmi('big', { 'migration-guard.io/workload': 'heavy' }),
    vmi('pg', { 'migration-guard.io/data': 'critical', tier: 'gold' }),
    migrationPolicy('gold', { selectors: { virtualMachineInstanceSelector: { tier: 'gold' } } }),
  ]
  const contexts: Readonly<Record<string, DecisionContext>> = {
    'without a cluster': contextOf(),
    'in a cluster': contextOf({ facts: factsOf(cluster), approvals: approving(...RULE_IDS) }),
    'declared heavy': contextOf({ policy: { ...DEFAULT_POLICY, profile: 'heavy' } }),
    suggesting: contextOf({ policy: { ...DEFAULT_POLICY, filling: 'suggest' } }),
  }
  for (const [name, context] of Object.entries(contexts)) {
    const asked = await loggedGuard(context)
    for (const review of names.map(file => recordedReview(file.replace('.json', ''))))
      for (const webhook of WEBHOOKS)
        await asked.put(JSON.stringify(setAt(review, ['request', 'dryRun'], false)), webhook)
    t.doesNotThrow(() => check(asked), name)
    t.equal(asked.observed.length, names.length * WEBHOOKS.length, name)
    const filled = asked.observed.filter(({ patch }) => patch.length > 0)
    t.equal(filled.length > 5, name !== 'suggesting', `${name}: ${filled.length} were filled`)
  }
  t.ok(names.length >= 36)
})

async function decidedAgain(request: AdmissionRequest, context: DecisionContext) {
  const asked = await loggedGuard(context)
  for (const webhook of WEBHOOKS) await asked.ask(request, webhook)
  check(asked)
  return asked.observed
}

t.test('what no API server sends is decided again from the log alone', async t => {
  const settings = { allowPostCopy: true }
  const unknown = (spec: Values) => ({
    ...hyperConverged({}),
    apiVersion: 'hco.kubevirt.io/v2',
    spec,
  })
  const policy = (rest: Values) => {
    const { spec: _, ...object } = migrationPolicy('p1', {})
    return { ...object, ...rest }
  }
  const cases: Readonly<Record<string, readonly [JsonObject, JsonObject]>> = {
    'settings that are null': [
      hyperConverged({}, {}, 'v1beta1'),
      { ...hyperConverged({}, {}, 'v1beta1'), spec: { liveMigrationConfig: null } },
    ],
    'an unknown version with null in the newer place': [
      unknown({ liveMigrationConfig: settings }),
      unknown({ liveMigrationConfig: settings, virtualization: { liveMigrationConfig: null } }),
    ],
    'an unknown version that moves its settings': [
      unknown({ liveMigrationConfig: settings }),
      unknown({ virtualization: { liveMigrationConfig: settings } }),
    ],
    'a change in the place of another version': [
      hyperConverged(settings),
      {
        ...hyperConverged(settings),
        spec: { liveMigrationConfig: {}, virtualization: { liveMigrationConfig: settings } },
      },
    ],
    'a spec that is null': [policy({}), policy({ spec: null })],
  }
  for (const [name, [old, object]] of Object.entries(cases))
    for (const [after, before] of [
      [object, old],
      [old, object],
    ] as const)
      await t.resolves(decidedAgain(requestOf('UPDATE', after, before), contextOf()), name)
})

t.test('any request for a HyperConverged is decided again from the log alone', async t => {
  const tally = { filled: 0, denied: 0, failed: 0, exempt: 0 }
  await fc.assert(
    fc.asyncProperty(anyCase, oddities, around, async (tried, changes, circumstances) => {
      const { asked, known } = surrounded(
        withOddities(tried.request, changes),
        tried.context,
        circumstances,
      )
      for (const { patch, outcome, failure, profile } of await decidedAgain(asked, known)) {
        if (patch.length > 0) tally.filled++
        if (outcome === 'denied') tally.denied++
        if (failure !== null) tally.failed++
        else if (profile === null) tally.exempt++
      }
    }),
    { numRuns: 1000 },
  )
  t.comment(JSON.stringify(tally))
  for (const [what, count] of Object.entries(tally)) t.ok(count > 30, `${count} times ${what}`)
})

t.test('any request for a MigrationPolicy is decided again from the log alone', async t => {
  const policyObject = fc
    .tuple(
      fc.constantFrom<Values | null>(
        ...[null, {}, { namespaceSelector: 'x' }, { virtualMachineInstanceSelector: { app: 'x' } }],
        { virtualMachineInstanceSelector: { tier: 'gold' } },
      ),
      someSettings,
      exceptionsTo(0, 2),
      fc.constantFrom(undefined, undefined, '2026-11-23T08:00:00Z'),
    )
    .map(([selectors, settings, texts, deletionTimestamp]) => {
      const spec = { ...settings, ...(selectors && { selectors }) }
      const object = migrationPolicy('p1', spec, texts)
      return setAt(object, ['metadata', 'deletionTimestamp'], deletionTimestamp) as JsonObject
    })
  const world = eraAndVersion.chain(({ era, version }) =>
    fc.record({
      context: contexts(era),
      hco: fc
        .tuple(someSettings, declarations)
        .map(([settings, texts]) => stored(era, settings, texts, version)),
      object: policyObject,
      old: policyObject,
      operation: fc.constantFrom('CREATE', 'UPDATE', 'DELETE'),
      changes: oddities,
      circumstances: around,
    }),
  )
  let denied = 0
  await fc.assert(
    fc.asyncProperty(
      world,
      async ({ context, hco, object, old, operation, changes, circumstances }) => {
        const plainRequest = requestOf(
          operation,
          operation === 'DELETE' ? null : object,
          operation === 'CREATE' ? null : old,
        )
        const request = withOddities(plainRequest, changes)
        const facts = { ...context.facts, hyperConverged: hco }
        const { asked, known } = surrounded(
          request,
          { ...context, facts },
          { ...circumstances, operation: undefined },
        )
        for (const { outcome } of await decidedAgain(asked, known))
          if (outcome === 'denied') denied++
      },
    ),
    { numRuns: 500 },
  )
  t.ok(denied > 30, `${denied} were refused`)
})

t.test('the facts in the log are those in which a policy that departs protects nobody', async t => {
  const facts = factsOf([
    hyperConverged({ allowPostCopy: true, completionTimeoutPerGiB: 150 }),
    vmi('pg', { 'migration-guard.io/data': 'critical' }),
    ...['a', 'b'].map(name => migrationPolicy(name, { selectors: {}, allowPostCopy: false })),
  ])
  const asked = await loggedGuard(contextOf({ facts }))
  for (const name of ['a', 'b']) {
    const old = migrationPolicy(name, { selectors: {}, allowPostCopy: false })
    await asked.ask(requestOf('DELETE', null, old), 'validate')
  }
  t.same(
    check(asked).map(({ decision }) => decision.outcome),
    ['allowed', 'denied'],
  )
})
