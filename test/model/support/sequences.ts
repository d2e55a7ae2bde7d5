// Sequences of moves: first somebody who may approves what is unsafe, then anybody goes on from there.
import fc from 'fast-check'
import type { Version } from '../../support/review.ts'
import {
  CLUSTER_SETTINGS,
  DATA_RULE,
  NETWORK_RULE,
  PARALLEL_RULE,
  type RuleName,
} from './cluster-model.ts'
import { anySettings, oneField, oneSetting, operation, POST_COPY, spec } from './edits.ts'
import { anyException, fitting, merge, NAMES, noException, parallelException } from './excused.ts'
import {
  type Changes,
  EVENTS,
  type Move,
  type PolicyMove,
  type Sequence,
  type SettingsMove,
  type Who,
} from './moves.ts'

const rarely = <T>(arbitrary: fc.Arbitrary<T>, weight: number) =>
  fc.oneof(
    { weight: 10 - weight, arbitrary: fc.constant(undefined) },
    { weight, arbitrary: fc.option(arbitrary, { nil: null, freq: 2 }) },
  )
const version = fc.constantFrom<Version>('v1', 'v1beta1')
const settingsMove = (
  shape: Omit<{ [K in keyof SettingsMove]: fc.Arbitrary<SettingsMove[K]> }, 'kind' | 'version'>,
) => fc.record({ kind: fc.constant('settings' as const), version, ...shape })
const policyMove = (
  shape: Omit<{ [K in keyof PolicyMove]: fc.Arbitrary<PolicyMove[K]> }, 'kind'>,
) => fc.record({ kind: fc.constant('policy' as const), ...shape })

const editor = fc.constant<Who>('editor')
const approver = fc.constant<Who>('approver')
const nothing = fc.constant(undefined)
const editorMostly = fc.constantFrom<Who>('editor', 'editor', 'approver')
const name = fc.constantFrom(...NAMES)
const rare = fc.oneof({ weight: 5, arbitrary: noException }, { weight: 1, arbitrary: anyException })
const dropped = fc.constantFrom<readonly RuleName[]>(
  [],
  [],
  [],
  [NETWORK_RULE],
  [DATA_RULE],
  [NETWORK_RULE, DATA_RULE],
)
/** Exceptions that somebody approved, and what they were for: without them there is nothing to get around. */
const approved = fc.oneof(
  settingsMove({
    who: approver,
    set: fc.constantFrom<Changes>(
      POST_COPY,
      { allowPostCopy: true },
      {},
      { network: 'worn' },
      { ...POST_COPY, network: 'worn' },
      { parallelMigrationsPerCluster: 15 },
    ),
    jsonPatch: nothing,
    drop: fc.constant([]),
    add: fc.tuple(fitting(CLUSTER_SETTINGS), fc.oneof(noException, parallelException)).map(merge),
    data: fc.constantFrom(undefined, undefined, 'critical'),
    stability: fc.constantFrom(undefined, 'unstable'),
  }),
  fc.constantFrom('a', 'm', 'm', 'z').chain(name =>
    policyMove({
      who: approver,
      name: fc.constant(name),
      anew: fc.constant(true),
      set: spec,
      drop: fc.constant([]),
      add: fitting(name),
    }),
  ),
)

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 8,
    arbitrary: settingsMove({
      who: editor,
      set: oneSetting,
      jsonPatch: rarely(fc.tuple(operation), 3),
      drop: dropped,
      add: noException,
      data: nothing,
      stability: nothing,
    }),
  },
  {
    weight: 2,
    arbitrary: settingsMove({
      who: editorMostly,
      set: anySettings,
      jsonPatch: rarely(fc.tuple(operation), 3),
      drop: fc.subarray<RuleName>([NETWORK_RULE, DATA_RULE, PARALLEL_RULE]),
      add: fc.oneof(noException, noException, anyException, parallelException),
      data: rarely(fc.constant('critical'), 3),
      stability: rarely(fc.constant('unstable'), 3),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.oneof(
      policyMove({
        who: editor,
        name,
        anew: fc.constant(true),
        set: spec,
        drop: dropped,
        add: rare,
      }),
      policyMove({
        who: editorMostly,
        name,
        anew: fc.constant(false),
        set: oneField,
        drop: dropped,
        add: rare,
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('delete' as const),
      who: editor,
      name,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('world' as const),
      what: fc.constantFrom('two days pass', ...EVENTS),
    }),
  },
)

/** What is played: first the approver, then anybody. */
export const sequences: fc.Arbitrary<Sequence> = fc.record({
  start: fc.record({
    unstable: fc.constantFrom(true, true, false),
    worn: fc.boolean(),
    critical: fc.constantFrom(true, true, false),
  }),
  moves: fc
    .tuple(
      fc.array(approved, { minLength: 1, maxLength: 3 }),
      fc.array(move, { minLength: 2, maxLength: 7 }),
    )
    .map(([first, then]) => [...first, ...then]),
})
