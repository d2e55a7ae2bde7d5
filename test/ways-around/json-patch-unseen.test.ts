// A jsonpatch that brings what nobody can foresee, that readers disagree about, or that switches off more than a setting.
import t from 'tap'
import { attempt, hco, noWayAround, STOCK, staysOpen, withPatch } from '../support/attempt.ts'
import { PATCH, patch, ROOT, set } from '../support/migrations-patch.ts'
import type { Values } from '../support/review.ts'

const BRINGS = {
  op: 'copy',
  from: '/spec/configuration/developerConfiguration/useEmulation',
  path: `${ROOT}/allowAutoConverge`,
}
const patched = (operation: Values, settings?: Values) =>
  withPatch(JSON.stringify([operation]), settings)

// Each round hangs what the ones before it have built below 58 levels more, none of which the text itself shows.
const LEVELS = 58
const TOWER = patch(
  ...Array.from({ length: 350 }).flatMap((_, round) => [
    {
      op: 'add',
      path: `${ROOT}/b`,
      value: JSON.parse('{"a":'.repeat(LEVELS) + '{}'.padEnd(LEVELS + 2, '}')),
    },
    ...(round === 0
      ? []
      : [{ op: 'move', from: `${ROOT}/a`, path: `${ROOT}/b${'/a'.repeat(LEVELS + 1)}` }]),
    { op: 'move', from: `${ROOT}/b`, path: `${ROOT}/a` },
  ]),
)

noWayAround({
  'a value copied by jsonpatch from where it cannot be seen': [
    'json-patch-override',
    {
      old: hco(STOCK),
      object: hco(
        STOCK,
        patch({
          op: 'copy',
          from: '/spec/configuration/developerConfiguration/useEmulation',
          path: `${ROOT}/allowPostCopy`,
        }),
      ),
    },
  ],
  'a jsonpatch that hides the setting behind another case': [
    'json-patch-override',
    {
      old: hco(STOCK),
      object: hco(STOCK, patch(set(true, `${ROOT}/ALLOWPOSTCOPY`))),
    },
  ],
  'a jsonpatch that hides the whole object behind another case': [
    'json-patch-override',
    {
      old: hco(STOCK),
      object: hco(STOCK, patch(set({ allowPostCopy: true }, '/spec/configuration/Migrations'))),
    },
  ],
  'unencrypted migration by jsonpatch': [
    'json-patch-override',
    {
      old: hco(STOCK),
      object: hco(STOCK, patch(set(true, `${ROOT}/disableTLS`))),
    },
  ],
  'a feature gate by jsonpatch with which post copy does not wait': [
    'json-patch-override',
    patched({
      op: 'add',
      path: '/spec/configuration/developerConfiguration/featureGates/-',
      value: 'MigrationStallDetection',
    }),
  ],
  'that feature gate somewhere in what a jsonpatch sets': [
    'json-patch-override',
    patched({
      op: 'replace',
      path: '/spec/configuration',
      value: { developerConfiguration: { featureGates: ['Snapshot', 'MigrationStallDetection'] } },
    }),
  ],
  'a feature gate copied from a text that HCO takes from elsewhere in the spec': [
    'json-patch-override',
    patched({
      op: 'copy',
      from: '/spec/workloads/nodePlacement/tolerations/0/value',
      path: '/spec/configuration/developerConfiguration/featureGates/-',
    }),
  ],
  'what a jsonpatch brings changed by an operation before it': [
    'json-patch-override',
    {
      old: hco(STOCK, patch(BRINGS)),
      object: hco(STOCK, {
        [PATCH]: JSON.stringify([
          {
            op: 'add',
            path: '/spec/configuration/developerConfiguration/useEmulation',
            value: true,
          },
          BRINGS,
        ]),
      }),
    },
  ],
  'a jsonpatch that reads from the root by an empty name': [
    'json-patch-override',
    patched({
      op: 'copy',
      from: `/${ROOT}/allowAutoConverge`,
      path: `${ROOT}/allowPostCopy`,
    }),
  ],
  'a jsonpatch that copies nothing, which is null, over what disables post copy': [
    'invalid-value',
    patched(
      { op: 'copy', from: `${ROOT}/`, path: `${ROOT}/allowWorkloadDisruption` },
      { ...STOCK, allowPostCopy: true },
    ),
  ],
  'a jsonpatch operation whose op stands twice': [
    'invalid-value',
    withPatch(`[{"op":"test","op":"add","path":"${ROOT}/allowPostCopy","value":true}]`),
  ],
  'a jsonpatch that copies itself until the memory is full': [
    'invalid-value',
    withPatch(
      JSON.stringify(
        Array.from({ length: 60 }, (_, index) => ({
          op: 'copy',
          from: ROOT,
          path: `${ROOT}/x${index}`,
        })),
      ),
    ),
  ],
  'a jsonpatch that moves values into each other until no reader gets to the bottom': [
    'invalid-value',
    { old: hco(STOCK), object: hco(STOCK, TOWER) },
  ],
})

staysOpen({
  'a stored jsonpatch taken away that nests values without end': {
    old: hco(STOCK, TOWER),
    object: hco(STOCK),
  },
  'a jsonpatch that copies a setting': patched({
    op: 'copy',
    from: `${ROOT}/progressTimeout`,
    path: `${ROOT}/utilityVolumesTimeout`,
  }),
  'a feature gate that a jsonpatch takes away': patched({
    op: 'test',
    path: '/spec/configuration/developerConfiguration/featureGates/0',
    value: 'MigrationStallDetection',
  }),
  'the keys of a kept jsonpatch operation in another order': {
    old: hco(STOCK, patch(BRINGS)),
    object: hco(STOCK, {
      ...patch({ path: BRINGS.path, from: BRINGS.from, op: BRINGS.op }),
    }),
  },
})

t.test('a jsonpatch that HCO would apply to copies leaves what it copied alone', t => {
  const { findings } = attempt(
    withPatch(
      JSON.stringify([
        { op: 'add', path: `${ROOT}/a`, value: { allowPostCopy: true } },
        { op: 'copy', from: `${ROOT}/a`, path: `${ROOT}/b` },
        { op: 'add', path: `${ROOT}/b/allowPostCopy`, value: false },
        { op: 'test', path: `${ROOT}/a/allowPostCopy`, value: true },
      ]),
    ),
  )
  t.same(findings, [])
  t.end()
})

t.test('a text that no terminal may see is escaped in the message of a malformed jsonpatch', t => {
  const { findings } = attempt(withPatch('\u001b[2J'))
  t.equal(findings.length, 1)
  t.notMatch(findings[0]?.message, /\p{Cc}/u)
  t.match(findings[0]?.message, '\\u001b')
  t.end()
})

t.test('a jsonpatch that nests values without end is refused with the reason', t => {
  const { findings } = attempt({ old: hco(STOCK), object: hco(STOCK, TOWER) })
  const said = findings.filter(({ effect }) => effect === 'deny').map(({ message }) => message)
  t.match(said, [/nests values more than 64 deep/])
  t.end()
})
