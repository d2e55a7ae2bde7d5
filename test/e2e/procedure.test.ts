import { isDeepStrictEqual } from 'node:util'
import t, { type Test } from 'tap'
import {
  type ApiVersion,
  DEFAULTS,
  ERAS,
  type Era,
  hasField,
  VERSIONS,
} from '../../src/control-plane/crds/eras.ts'
import { bring, patch, type Settings, withSettings } from './support/clients.ts'
import { kubectlEdit } from './support/edit.ts'
import { decisions, startGuarded } from './support/guarded.ts'
import { resourceIn, settingsOf } from './support/objects.ts'
import { OPERATOR_USER } from './support/people.ts'
import { filled, warnings } from './support/said.ts'

// OpenShift Virtualization, "Configure live migration for heavy workloads": `oc edit hyperconverged`, and these lines.
const PROCEDURE = `liveMigrationConfig:
  bandwidthPerMigration: 0Mi
  completionTimeoutPerGiB: 150
  parallelMigrationsPerCluster: 5
  parallelOutboundMigrationsPerNode: 1
  progressTimeout: 150
  allowPostCopy: true
`
const FIELDS: Settings = {
  bandwidthPerMigration: '0Mi',
  completionTimeoutPerGiB: 150,
  parallelMigrationsPerCluster: 5,
  parallelOutboundMigrationsPerNode: 1,
  progressTimeout: 150,
  allowPostCopy: true,
}
// What it lacks to work since HCO 1.19.
const COMPLETION = { allowWorkloadDisruption: true }

const { cluster, guard, stored, renew, clear } = await startGuarded(t, '1.4')

const AS_OPERATOR = ['--as', OPERATOR_USER, '--as-group', 'system:masters'] as const
/** How the object came about that is edited. */
const ORIGINS = {
  'as it was before the guard': ['create', ...AS_OPERATOR],
  'as the guard filled it': ['create'],
} as const

for (const era of ERAS)
  t.test(`HCO ${era}`, async t => {
    await renew(era)
    for (const version of VERSIONS[era].served)
      for (const [what, verb] of Object.entries(ORIGINS))
        await t.test(`${version}, ${what}`, async t => {
          await clear()
          const made = await bring(cluster, verb, withSettings(version, undefined))
          t.equal(made.code, 0, made.stderr)
          if (what === 'as it was before the guard')
            t.strictSame(settingsOf(await stored()), DEFAULTS[era])
          await t.test('unknown fields', t => refusesUnknown(t, era, version))
          await t.test('known fields', t => works(t, era, version))
        })
  })

const unknownIn = (era: Era) => Object.keys(FIELDS).filter(field => !hasField(era, field))

// The API server itself refuses fields that an era does not have, before any webhook, and the editor shows which.
async function refusesUnknown(t: Test, era: Era, version: ApiVersion) {
  const [field] = unknownIn(era)
  if (field === undefined) return
  const before = await stored()
  const heard = guard.records().length
  const { code, stderr, shown } = await follow(version, PROCEDURE)
  t.equal(code, 1)
  t.match(stderr, 'error: Edit cancelled, no valid changes were saved.')
  t.match(shown[1], `unknown field "spec.liveMigrationConfig.${field}"`)
  t.strictSame(await stored(), before)
  t.equal(guard.records().length, heard, 'the guard was not even asked')
}

/** `kubectl edit`, and the procedure's block put in the place of the one that is there. */
async function follow(version: ApiVersion, procedure: string) {
  const indent = version === 'v1' ? '    ' : '  '
  const fields = Object.entries(settingsOf(await stored()) as Settings)
  const lines = fields.map(([name, value]) => `  ${name}: ${value}\n`).sort()
  const indented = (text: string) => text.replace(/^(?=.)/gm, indent)
  const block = indented(['liveMigrationConfig:\n', ...lines].join(''))
  return kubectlEdit(cluster, [resourceIn(version)], [[block, indented(procedure)]])
}

async function works(t: Test, era: Era, version: ApiVersion) {
  const known = Object.entries(FIELDS).filter(([field]) => hasField(era, field))
  const complete = hasField(era, 'allowWorkloadDisruption')
  const wanted = { ...DEFAULTS[era], ...Object.fromEntries(known), ...(complete ? COMPLETION : {}) }
  const isThere = isDeepStrictEqual(settingsOf(await stored()), wanted)
  const lines = PROCEDURE.split('\n').filter(line => !unknownIn(era).some(f => line.includes(f)))
  const { code, stdout, stderr, shown } = await follow(version, lines.join('\n'))
  t.equal(code, 0, stderr)
  t.equal(shown.length, 1)
  t.strictSame(settingsOf(await stored()), wanted)
  if (isThere) {
    t.equal(stderr, 'Edit cancelled, no changes made.\n', 'the guard has filled all of it before')
    return
  }
  t.equal(stdout, 'hyperconverged.hco.kubevirt.io/kubevirt-hyperconverged edited\n')
  t.equal(stderr, warnings(...(complete ? [filled('allowWorkloadDisruption', true, false)] : [])))
  t.match(decisions(guard, 'validate').at(-1), { outcome: 'allowed', findings: [] })

  const later = { spec: version === 'v1' ? { virtualization: EVICTION } : EVICTION }
  const nothing = await patch(cluster, version, 'merge', later)
  t.equal(nothing.stderr, '', 'a later change of something else is told nothing')
  t.strictSame(settingsOf(await stored()), wanted, 'and undoes nothing')
}

const EVICTION = { evictionStrategy: 'LiveMigrate' }
