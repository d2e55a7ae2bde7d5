// Plays a sequence against decide(), filling before it validates as an API server calls the two webhooks, and says what did
// not hold: the promise, that filling is never refused and never has a second go, and that nobody honest is refused.
import { decide } from '../../../src/core/decision.ts'
import { contextOf, NOW } from '../../support/decide.ts'
import { annotationsOf, approving, stockOf } from '../../support/review.ts'
import {
  type Cluster,
  DATA_RULE,
  EXCEPTION,
  type Hazard,
  NETWORK_RULE,
  PARALLEL_RULE,
  STABILITY,
} from './cluster-model.ts'
import { grantKey } from './covered.ts'
import { type Annotated, isHarmless } from './harmless.ts'
import { hazardsOf } from './hazards.ts'
import type { DeleteMove, PolicyMove, Sequence, SettingsMove, WorldMove } from './moves.ts'
import { approvable, introduced } from './promise.ts'
import { type Asked, asked, factsOfCluster, filled } from './request.ts'
import { tell } from './tell.ts'

type Request = SettingsMove | PolicyMove | DeleteMove

/** What was played, a line for each step, and what did not hold at its end; null where everything held. */
export type Played = { readonly lines: readonly string[]; readonly problem: string | null }

/** Plays a sequence up to its end or to the first thing that does not hold. */
export function play({ start, moves }: Sequence): Played {
  let cluster = begin(start)
  const lines: string[] = []
  for (const move of moves) {
    if (move.kind === 'world') {
      cluster = happen(cluster, move)
      lines.push(move.what)
      continue
    }
    const first = asked(cluster, move)
    if (first === null) continue
    const { next, line, problem } = step(cluster, move, first)
    lines.push(line)
    if (problem !== null) return { lines, problem }
    cluster = next
  }
  return { lines, problem: null }
}

const DAY = 86_400_000

function begin({ unstable, worn, critical }: Sequence['start']): Cluster {
  return {
    settings: stockOf('1.20'),
    annotations: unstable ? { [STABILITY]: 'unstable' } : {},
    policies: new Map(),
    worn,
    critical: critical ? ['db/pg'] : [],
    now: NOW,
    grants: new Map(),
  }
}

function happen(cluster: Cluster, { what }: WorldMove): Cluster {
  switch (what) {
    case 'two days pass':
      return { ...cluster, now: cluster.now + 2 * DAY }
    case 'worn is flagged unstable':
      return { ...cluster, worn: true }
    case 'the flag on worn is removed':
      return { ...cluster, worn: false }
    case 'web/shop becomes critical':
      return { ...cluster, critical: [...cluster.critical, 'web/shop'] }
  }
}

type Step = { readonly next: Cluster; readonly line: string; readonly problem: string | null }

function step(cluster: Cluster, move: Request, first: Asked): Step {
  const approvals =
    move.who === 'approver' ? approving(NETWORK_RULE, DATA_RULE, PARALLEL_RULE) : new Map()
  const context = contextOf({ facts: factsOfCluster(cluster), now: cluster.now, approvals })
  const { patch } = decide('mutate', first.request, context)
  const asking = patch.length === 0 ? first : filled(first, patch)
  const { allowed, findings } = decide('validate', asking.request, context)
  const denied = findings.filter(({ effect }) => effect === 'deny').map(({ rule }) => rule)
  const line = tell(move, first, asking, denied)
  const next = allowed ? granted(asking, move) : cluster
  const problemOfFilling = () => {
    if (patch.length === 0) return null
    if (decide('mutate', asking.request, context).patch.length > 0) return 'it is filled again'
    const bare = !allowed && decide('validate', first.request, context).allowed
    return bare ? 'it is refused for what was filled' : null
  }
  const problem =
    problemOfFilling() ??
    (allowed ? whyUnsafe(cluster, move, asking) : whyUnjust(cluster, asking, denied))
  return { next, line, problem }
}

function textsOf({ request }: Asked): Annotated {
  return { before: annotationsOf(request.oldObject), after: annotationsOf(request.object) }
}

function whyUnsafe(cluster: Cluster, move: Request, { request, after }: Asked): string | null {
  const texts = textsOf({ request, after })
  const approved = request.object === null ? [] : approvable(texts.before, texts.after)
  if (approved.length > 0)
    return move.who === 'editor' ? `${approved.join(', ')} went through without approval` : null
  const annotations = request.object === null ? texts.before : texts.after
  const concerned = move.kind === 'settings' ? undefined : { name: move.name, annotations }
  const [worst] = introduced(cluster, after, concerned)
  return worst === undefined ? null : `it makes unsafe what was not: ${describe(worst)}`
}

function describe({ rule, vm, by, network, height }: Hazard): string {
  if (rule === PARALLEL_RULE) return `${height} migrations in parallel`
  return `${vm} by ${by === null ? 'the cluster settings' : `policy ${by}`} on ${network} (${rule})`
}

function whyUnjust(cluster: Cluster, asking: Asked, denied: readonly string[]): string | null {
  if (!isHarmless(cluster, asking.after, textsOf(asking))) return null
  return `it makes nothing worse and is refused (${denied.join(', ')})`
}

// What an exception without a bound was approved for is what is unsafe when it is added, and what its object sets for VMs that
// other settings still win.
function granted({ request, after }: Asked, move: Request): Cluster {
  const { before, after: texts } = textsOf({ request, after })
  const carrier = move.kind === 'settings' ? null : move.name
  const own = [...after.policies].filter(([name]) => name === carrier)
  const hazards = [...hazardsOf(after), ...hazardsOf({ ...after, policies: new Map(own) })]
  const grants = new Map(after.grants)
  for (const [key, text] of Object.entries(texts)) {
    if (!key.startsWith(EXCEPTION) || before[key] === text) continue
    const rule = key.slice(EXCEPTION.length)
    const covered = hazards.filter(hazard => hazard.rule === rule)
    grants.set(grantKey(carrier, rule, text), covered)
  }
  return { ...after, grants }
}
