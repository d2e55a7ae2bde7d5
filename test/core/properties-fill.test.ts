import fc from 'fast-check'
import jsonpatch from 'fast-json-patch'
import t from 'tap'
import type { AdmissionRequest } from '../../src/core/admission-review.ts'
import { decide } from '../../src/core/decision.ts'
import { type JsonObject, sameJson } from '../../src/core/json.ts'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import { RULE_IDS } from '../../src/core/rules/rule-ids.ts'
import { type Client, type Manifest, type Server, send, settingsOf } from '../support/api-server.ts'
import {
  type AnyCase,
  anyCase,
  contexts,
  declarations,
  eraAndVersion,
  someSettings,
} from '../support/arbitraries.ts'
import { contextOf, recordedReview } from '../support/decide.ts'
import { ERAS } from '../support/eras.ts'
import type { Values } from '../support/review.ts'

const FILLED = 'migration-guard.io/filled'
const PINNED = 'migration-guard.io/pinned'
const NEVER = ['network', 'allowAutoConverge']

const STRICT = Object.fromEntries(RULE_IDS.map(rule => [rule, 'deny'] as const))

/** The object without what filling may write: its settings, its two annotations, and parents that it had to make. */
function rest(object: JsonObject | null, path: readonly string[]): unknown {
  const copy = jsonpatch.deepClone(object)
  let block: unknown = copy
  for (const key of path) block = (block as Values | undefined)?.[key]
  for (const name of Object.keys((block ?? {}) as Values))
    if (!NEVER.includes(name)) delete (block as Record<string, unknown>)[name]
  const { annotations } = (copy.metadata ?? {}) as { annotations?: Record<string, string> }
  delete annotations?.[FILLED]
  delete annotations?.[PINNED]
  return withoutEmpty(copy)
}
function withoutEmpty(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value ?? undefined
  const entries = Object.entries(value)
    .map(([key, inner]) => [key, withoutEmpty(inner)] as const)
    .filter(([, inner]) => inner !== undefined)
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** What is wrong with how a request is filled; one look at each, because looking costs the most. */
function problemsOf({ request, context }: AnyCase): string[] {
  const { patch, filled, profile } = decide('mutate', request, context)
  const { newDocument } = jsonpatch.applyPatch(
    jsonpatch.deepClone(request.object),
    patch as never,
    true,
  )
  const after = { ...request, object: newDocument as JsonObject }
  const path =
    request.kind.version === 'v1'
      ? ['spec', 'virtualization', 'liveMigrationConfig']
      : ['spec', 'liveMigrationConfig']
  const own = new RegExp(
    `^/(spec(/virtualization)?|${path.join('/')}(/[A-Za-z]+)?|metadata|metadata/annotations(/migration-guard\\.io~1(filled|pinned))?)$`,
  )
  const strict = { ...context, policy: { ...context.policy, enforcement: STRICT } }
  const introduced = (asked: AdmissionRequest) =>
    decide('validate', asked, strict)
      .findings.filter(({ change }) => change === 'introduced')
      .map(({ rule, identity }) => `${rule} ${identity}`)
  const before = patch.length === 0 ? [] : introduced(request)
  return [
    ...decide('mutate', after, context).patch.map(({ path }) => `patched again at ${path}`),
    ...patch
      .filter(({ path }) => !own.test(path) || NEVER.some(name => path.endsWith(`/${name}`)))
      .map(({ path }) => `patched ${path}`),
    ...(sameJson(rest(after.object, path) ?? {}, rest(request.object, path) ?? {})
      ? []
      : ['changed something else']),
    ...(patch.length === 0 ? [] : introduced(after))
      .filter(violation => !before.includes(violation))
      .map(violation => `introduced ${violation}`),
    ...filled
      .filter(({ name, value }) => profile?.name !== 'heavy' || !GUIDANCE[name]?.(value))
      .map(({ name, value }) => `filled ${name} with ${value}`),
  ]
}

const GUIDANCE: Readonly<Record<string, (value: unknown) => boolean>> = {
  bandwidthPerMigration: value => value === '0Mi',
  completionTimeoutPerGiB: value => Number(value) <= 150,
  parallelMigrationsPerCluster: value => Number(value) <= 5,
  parallelOutboundMigrationsPerNode: value => value === 1,
  progressTimeout: value => Number(value) >= 150,
  allowPostCopy: value => value === true,
  allowWorkloadDisruption: value => value === true,
}

t.test(
  'filling is idempotent, keeps to its place, introduces no violation and writes the guidance',
  t => {
    fc.assert(
      fc.property(anyCase, tried => {
        const problems = problemsOf(tried)
        if (problems.length > 0) throw new Error(problems.join('\n'))
      }),
      { numRuns: 2000 },
    )
    t.end()
  },
)

const manifests: fc.Arbitrary<Manifest> = fc.record({
  settings: fc.option(someSettings, { nil: undefined, freq: 6 }),
  annotations: fc.oneof(
    fc.constant({}),
    declarations,
    someSettings.map(settings => ({ [PINNED]: Object.keys(settings).slice(0, 2).join(', ') })),
  ),
}) as fc.Arbitrary<Manifest>

type Step = { readonly client: Client; readonly manifest: Manifest; readonly wait: boolean }
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    client: fc.constantFrom<Client>(
      'create',
      'apply',
      'server-side-apply',
      'replace',
      'edit',
      'patch',
    ),
    manifest: manifests,
    wait: fc.boolean(),
  }),
  { maxLength: 3 },
)

const histories = eraAndVersion.chain(({ era, version }) =>
  fc.record({ context: contexts(era), steps }).map(({ context, steps }): Server => {
    const synced = { ...context, facts: { ...context.facts, synced: true } }
    const policy = { ...context.policy, hcoVersion: era }
    const empty: Server = { era, version, context: { ...synced, policy }, stored: null, seconds: 0 }
    return steps.reduce(
      (server, { client, manifest, wait }) => send(server, client, manifest, wait).server,
      empty,
    )
  }),
)

/** Everything that counts: settings and annotations. */
function stateOf({ stored }: Server) {
  return {
    settings: settingsOf(stored),
    annotations: (stored?.metadata as Values | undefined)?.annotations,
  }
}

t.test('the same manifest by the same client, again and again, leads to the same object', t => {
  fc.assert(
    fc.property(
      histories,
      manifests,
      fc.constantFrom<Client>('apply', 'server-side-apply', 'replace'),
      (server, manifest, client) => {
        const first = send(server, client, manifest)
        const second = send(first.server, client, manifest)
        const third = send(second.server, client, manifest, false)
        const states = [first, second, third].map(sent => JSON.stringify(stateOf(sent.server)))
        // A file that is put over what an edit changed leaves a note of it in our annotations, once.
        const stable = client === 'replace' ? states[1] === states[2] : new Set(states).size === 1
        const settings = [first, second].map(sent => settingsOf(sent.server.stored))
        if (!stable || !sameJson(settings[0], settings[1])) throw new Error(states.join('\n'))
        if (client === 'replace') return
        const patches = [second, third].flatMap(({ mutation }) => mutation?.patch ?? [])
        if (patches.length > 0) throw new Error(`patched again: ${JSON.stringify(patches)}`)
        const known: readonly string[] = ERAS[server.era].known
        const lost = Object.entries(manifest.settings ?? {}).filter(
          ([name, value]) => known.includes(name) && settings[0]?.[name] !== value,
        )
        if (lost.length > 0) throw new Error(`overwritten: ${JSON.stringify(lost)}`)
      },
    ),
    { numRuns: 2000 },
  )
  t.end()
})

t.test('what an edit sets is never overwritten, and stays when something else is edited', t => {
  fc.assert(
    fc.property(histories, someSettings, fc.boolean(), (server, settings, wait) => {
      if (server.stored === null) return
      const known: readonly string[] = ERAS[server.era].known
      const before = settingsOf(server.stored)
      const set = Object.entries(settings).filter(
        ([name, value]) => known.includes(name) && before[name] !== value,
      )
      const edited = send(server, 'edit', { settings: Object.fromEntries(set) }, wait).server
      const lost = set.filter(([name, value]) => settingsOf(edited.stored)[name] !== value)
      if (lost.length > 0) throw new Error(`overwritten: ${JSON.stringify(lost)}`)
      const other = { settings: { allowAutoConverge: !before.allowAutoConverge } }
      const later = send(edited, 'edit', other).server
      const gone = set.filter(
        ([name, value]) => name !== 'allowAutoConverge' && settingsOf(later.stored)[name] !== value,
      )
      if (gone.length > 0) throw new Error(`gone later: ${JSON.stringify(gone)}`)
    }),
    { numRuns: 2000 },
  )
  t.end()
})

type Recorded = { readonly request: { readonly object: JsonObject } }
/** The settings, and who owns which of them. */
function ownedState(object: JsonObject) {
  const { managedFields = [] } = object.metadata as { managedFields?: readonly Values[] }
  const owners = managedFields.flatMap(({ manager, operation, fieldsV1 }): Values[] => {
    const spec = (fieldsV1 as Record<string, Record<string, Values>>)['f:spec'] ?? {}
    const block = (spec['f:liveMigrationConfig'] ??
      spec['f:virtualization']?.['f:liveMigrationConfig']) as Values | undefined
    return block === undefined ? [] : [{ [`${manager} ${operation}`]: Object.keys(block).sort() }]
  })
  return { settings: settingsOf(object), owners: Object.assign({}, ...owners) as Values }
}

t.test('the simulated server does what the real one was recorded to do', t => {
  const NAME = 'parallelOutboundMigrationsPerNode'
  for (const [era, version] of [
    ['1.20', 'v1'],
    ['1.17', 'v1beta1'],
  ] as const) {
    const context = contextOf({ policy: { ...DEFAULT_POLICY, filling: 'off' } })
    const empty: Server = { era, version, context, stored: null, seconds: 0 }
    const recorded = (name: string) =>
      ownedState((recordedReview(`${era}-${version}/${name}`) as Recorded).request.object)
    const follow = (...steps: readonly (readonly [Client, Manifest['settings'], string])[]) => {
      let server = empty
      for (const [client, settings, name] of steps) {
        server = send(server, client, settings === undefined ? {} : { settings }).server
        t.same(ownedState(server.stored ?? {}), recorded(name), `${name} (${version})`)
      }
      return server
    }
    const patched = follow(
      ['create', undefined, 'create-empty'],
      ['edit', { bandwidthPerMigration: '64Mi' }, 'edit-bandwidth'],
      ['patch', { parallelMigrationsPerCluster: 20 }, 'patch-merge-parallel-20'],
      ['patch', { allowPostCopy: true }, 'patch-json-post-copy'],
      [
        'patch',
        {
          allowPostCopy: undefined,
          parallelMigrationsPerCluster: undefined,
          bandwidthPerMigration: undefined,
        },
        'patch-remove-config',
      ],
    )
    const over = { [NAME]: 2, allowPostCopy: false }
    const { stored } = send(patched, 'server-side-apply', { settings: over }).server
    t.same(
      ownedState(stored ?? {}),
      recorded('server-side-apply-over'),
      `server-side-apply-over (${version})`,
    )
    const named = settingsNamedIn(recordedReview(`${era}-${version}/apply-create`) as Recorded)
    follow(
      ['apply', named, 'apply-create'],
      ['apply', { ...named, progressTimeout: 300 }, 'apply-update'],
    )
    follow(['server-side-apply', named, 'server-side-apply-create'])
  }
  t.end()
})

function settingsNamedIn({ request }: Recorded): Values {
  const { annotations } = request.object.metadata as { annotations: Record<string, string> }
  const text = annotations['kubectl.kubernetes.io/last-applied-configuration'] ?? '{}'
  return settingsOf(JSON.parse(text))
}
