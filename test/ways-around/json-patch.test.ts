// The jsonpatch annotation, with which HCO lets anybody overwrite what it writes into KubeVirt.
import {
  hco,
  noWayAround,
  POST_COPY,
  STOCK,
  staysOpen,
  UNSTABLE,
  withPatch,
} from '../support/attempt.ts'
import { PATCH, patch, ROOT, set } from '../support/migrations-patch.ts'
import { stockOf } from '../support/review.ts'

const RULE = 'parallel-migrations-too-high'
const REPLACED = patch(set({ allowPostCopy: true }))

noWayAround({
  'post copy by jsonpatch': [
    'post-copy-unstable-network',
    {
      old: hco(STOCK, UNSTABLE),
      object: hco(STOCK, { ...UNSTABLE, ...patch(set({ allowPostCopy: true })) }),
    },
  ],
  'post copy by jsonpatch on an ancestor': [
    'post-copy-unstable-network',
    {
      old: hco(STOCK, UNSTABLE),
      object: hco(STOCK, {
        ...UNSTABLE,
        ...patch(set({ migrations: { allowPostCopy: true } }, '/spec/configuration')),
      }),
    },
  ],
  'post copy by jsonpatch that moves the true of another setting': [
    'post-copy-unstable-network',
    {
      old: hco({ ...STOCK, allowAutoConverge: true, allowWorkloadDisruption: true }, UNSTABLE),
      object: hco(
        { ...STOCK, allowAutoConverge: true, allowWorkloadDisruption: true },
        {
          ...UNSTABLE,
          ...patch({
            op: 'move',
            from: `${ROOT}/allowAutoConverge`,
            path: `${ROOT}/allowPostCopy`,
          }),
        },
      ),
    },
  ],
  'a jsonpatch that only completes what HCO keeps of the settings': [
    'post-copy-unstable-network',
    {
      old: hco({ ...STOCK, allowPostCopy: true }, UNSTABLE),
      object: hco(
        { ...STOCK, allowPostCopy: true },
        { ...UNSTABLE, ...patch(set({ allowWorkloadDisruption: true })) },
      ),
    },
  ],
  'a jsonpatch that clears allowWorkloadDisruption with null': [
    'post-copy-unstable-network',
    {
      old: hco({ ...STOCK, allowPostCopy: true }, UNSTABLE),
      object: hco(
        { ...STOCK, allowPostCopy: true },
        {
          ...UNSTABLE,
          ...patch(set(null, `${ROOT}/allowWorkloadDisruption`)),
        },
      ),
    },
  ],
  'a higher limit by jsonpatch over a violation that stands': [
    'parallel-migrations-too-high',
    {
      old: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        patch(set(100, `${ROOT}/parallelMigrationsPerCluster`)),
      ),
    },
  ],
  'a jsonpatch with escapes in the name of a setting': [
    'post-copy-unstable-network',
    withPatch(
      `[{"op":"add","path":"${ROOT}/allow\\u0050ostCopy","value":true},{"op":"remove","path":"${ROOT}/allowWorkloadDisruption"}]`,
    ),
  ],
  'a jsonpatch that removes what disables post copy': [
    'post-copy-unstable-network',
    withPatch(JSON.stringify([{ op: 'remove', path: `${ROOT}/allowWorkloadDisruption` }]), {
      ...STOCK,
      allowPostCopy: true,
    }),
  ],
  'the jsonpatch taken away that kept post copy off on an unstable network': [
    'post-copy-unstable-network',
    {
      old: hco(POST_COPY, { ...UNSTABLE, ...patch(set(false, `${ROOT}/allowPostCopy`)) }),
      object: hco(POST_COPY, UNSTABLE),
    },
  ],
  'the jsonpatch emptied that kept the parallel migrations low': [
    RULE,
    {
      old: hco(
        { ...STOCK, parallelMigrationsPerCluster: 60 },
        patch(set(5, `${ROOT}/parallelMigrationsPerCluster`)),
      ),
      object: hco({ ...STOCK, parallelMigrationsPerCluster: 60 }, { [PATCH]: '[]' }),
    },
  ],
  'a jsonpatch that forbids disruption, which a KubeVirt before 1.5 does not know': [
    'post-copy-unstable-network',
    withPatch(
      JSON.stringify([
        { op: 'add', path: `${ROOT}/allowPostCopy`, value: true },
        { op: 'add', path: `${ROOT}/allowWorkloadDisruption`, value: false },
      ]),
      stockOf('1.14'),
    ),
  ],
  'disruption allowed where only RFC 6902 saw post copy in the jsonpatch before': [
    'post-copy-unstable-network',
    {
      old: hco(STOCK, { ...UNSTABLE, ...REPLACED }),
      object: hco({ ...STOCK, allowWorkloadDisruption: true }, { ...UNSTABLE, ...REPLACED }),
    },
  ],
})

staysOpen({
  'a jsonpatch about something else': {
    old: hco(STOCK),
    object: hco(STOCK, patch(set('x', '/spec/configuration/developerConfiguration/logVerbosity'))),
  },
})
