import type { AdmissionRequest } from '../../../src/core/admission-review.ts'
import { toAuditRecord } from '../../../src/core/audit-record.ts'
import { type Decision, decide, type Webhook } from '../../../src/core/decision.ts'
import type { Approval, DecisionContext } from '../../../src/core/decision-context.ts'
import type { FillingEvidence } from '../../../src/core/filling/filling.ts'
import { setAt } from '../../../src/core/filling/patch.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { CONFIG_PATHS, findConfig, HCO_GROUP } from '../../../src/core/settings/hyperconverged.ts'
import { parsePolicy } from '../../../src/policy/load.ts'
import type { FactsDocument } from '../../../src/server/recording/facts-document.ts'
import { readYaml } from '../../../src/yaml/read-yaml.ts'
import type { Texts, Values } from '../../support/review.ts'
import { fromFactsDocument } from './from-facts-document.ts'

/** A decision record as it stands in a log. */
export type DecisionRecord = Omit<AdmissionRequest, 'object' | 'oldObject' | 'userInfo'> & {
  readonly time: string
  readonly webhook: Webhook
  readonly user: AdmissionRequest['userInfo']
  readonly before: State | null
  readonly after: State | null
  readonly evidence?: FillingEvidence
  readonly approvals: Readonly<Record<string, Approval>>
  readonly policyHash: string
  readonly factsHash: string
  readonly factsAsOf: string | null
}

type State = {
  readonly apiVersion: unknown
  readonly annotations: Texts
  readonly settings: unknown
  readonly elsewhere?: unknown
  readonly path?: string
  readonly deletionTimestamp?: string
}

/** A record beside what is decided when it is all that is known. */
export type Replayed = {
  readonly record: DecisionRecord
  readonly decision: Decision
  /** What would be recorded of it. */
  readonly again: JsonObject
}

/** Decides again every decision in the lines of a log, from these lines alone. */
export function replayLog(lines: readonly string[]): readonly Replayed[] {
  let policy: Values = {}
  let facts: Values = {}
  const replayed: Replayed[] = []
  for (const line of lines) {
    const record = JSON.parse(line)
    if (record.type === 'policy') policy = record
    if (record.type === 'facts') facts = record
    if (record.type !== 'decision') continue
    if (record.policyHash !== policy.policyHash || record.factsHash !== facts.factsHash)
      throw new Error(`record ${record.sequence} rests on what the log does not hold`)
    const context = contextIn(record, policy, facts)
    const decision = decide(record.webhook, requestIn(record), context)
    replayed.push({ record, decision, again: toAuditRecord(decision, context) })
  }
  return replayed
}

function contextIn(record: DecisionRecord, { text, hcoVersion }: Values, facts: Values) {
  const read = parsePolicy(String(text), 'the log')
  if ('problems' in read) throw new Error(JSON.stringify(read.problems))
  const document = facts.facts as FactsDocument & Pick<DecisionContext['facts'], 'source'>
  const asOf = record.factsAsOf === null ? null : Date.parse(record.factsAsOf)
  const context: DecisionContext = {
    policy: typeof hcoVersion === 'string' ? { ...read.policy, hcoVersion } : read.policy,
    facts: { ...fromFactsDocument(document, document.source), asOf },
    approvals: new Map(Object.entries(record.approvals)),
    now: Date.parse(record.time),
    readYaml,
  }
  return context
}

/** The request as far as a decision looks at it. */
function requestIn(record: DecisionRecord): AdmissionRequest {
  const { uid, kind, operation, name, namespace, subResource = '', fieldManager } = record
  const build = kind.group === HCO_GROUP ? hyperConverged : plainObject
  const [after, before] = [record.after, record.before]
  const seen = record.evidence
  const object = after && (seen ? withEvidence(after, seen) : build(after))
  const oldObject = before && (seen ? withTraces(build(before), seen) : build(before))
  const about = { uid, kind, operation, name, namespace, subResource, fieldManager }
  return { ...about, userInfo: record.user, dryRun: false, object, oldObject }
}

function plainObject({ apiVersion, annotations, deletionTimestamp, settings }: State): JsonObject {
  const metadata = { annotations, ...(deletionTimestamp !== undefined && { deletionTimestamp }) }
  return { apiVersion, metadata, ...(settings !== null && { spec: settings }) }
}

function hyperConverged(state: State): JsonObject {
  const path = pathOf(state)
  const other = CONFIG_PATHS.find(each => each.join('.') !== path.join('.')) ?? []
  const bare = plainObject({ ...state, settings: {} })
  const one = state.settings === null ? bare : setAt(bare, path, state.settings)
  return (state.elsewhere === undefined ? one : setAt(one, other, state.elsewhere)) as JsonObject
}

function pathOf({ path, apiVersion }: State): readonly string[] {
  return path?.split('.') ?? findConfig({ apiVersion }).path
}

function withEvidence(state: State, { claimed, gaps, named, stock }: FillingEvidence): JsonObject {
  let object: unknown = hyperConverged({ ...state, settings: state.settings ?? {} })
  const keysOf = (naming: string) =>
    Object.entries(named).flatMap(([name, how]) => (how === naming ? [`f:${name}`] : []))
  const entry = (
    operation: string,
    time: string,
    keys: string[],
    annotations: readonly string[],
  ) => {
    const ofBlock = pathOf(state)
      .slice(1)
      .map(key => `f:${key}`)
    const fieldsV1 = {
      'f:metadata': { 'f:annotations': emptyAt(annotations.map(key => `f:${key}`)) },
      'f:spec': setAt({}, ofBlock, emptyAt(keys)),
    }
    return { manager: 'anybody', operation, apiVersion: state.apiVersion, time, fieldsV1 }
  }
  const managedFields = [
    entry('Apply', '2026-01-01T00:00:00Z', keysOf('apply'), claimed),
    // The newer one, so that this looks like no apply: whether it is one stands in the evidence.
    entry('Update', '2026-01-01T00:00:01Z', keysOf('update'), []),
  ]
  object = setAt(object, ['metadata', 'managedFields'], managedFields)
  const version = stock.startsWith('HCO ') ? stock.slice('HCO '.length) : ''
  object = setAt(object, ['status', 'versions'], [{ name: 'operator', version }])
  for (const [place, gap] of Object.entries(gaps))
    object = setAt(object, place.split('.'), { absent: undefined, null: null, other: 0 }[gap])
  return object as JsonObject
}

function emptyAt(keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.map(key => [key, {}]))
}

// Filling was due, whatever of spec the request changed for that; and a file may have been applied.
function withTraces(oldObject: JsonObject, { declarative }: FillingEvidence): JsonObject {
  const changed = setAt(oldObject, ['spec', 'somethingElse'], true)
  if (!declarative) return changed as JsonObject
  const key = 'kubectl.kubernetes.io/last-applied-configuration'
  return setAt(changed, ['metadata', 'annotations', key], '{}') as JsonObject
}
