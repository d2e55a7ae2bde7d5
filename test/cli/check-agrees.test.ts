import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { inFolder, runCli } from './support/run-cli.ts'

const RECORDED = fileURLToPath(new URL('../fixtures/admission-reviews/', import.meta.url))
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

type Recorded = { readonly object: { readonly metadata: { annotations: Record<string, string> } } }

// Reviews of `kubectl apply`, which keep the manifest that was applied.
const APPLIED: readonly (readonly [review: string, hcoVersion: string])[] = [
  ['1.17-v1beta1/apply-create.json', '1.17'],
  ['1.20-v1/apply-create.json', '1.20'],
]

t.test('a manifest is judged as the request that applying it really made', async t => {
  for (const [review, version] of APPLIED) {
    const { request } = JSON.parse(readFileSync(RECORDED + review, 'utf8')) as {
      request: Recorded
    }
    inFolder(t, { 'a.json': request.object.metadata.annotations[LAST_APPLIED] ?? '' })
    const [before, after] = [
      await judged(['a.json', '--hco-version', version]),
      await judged([RECORDED + review, '--hco-version', version]),
    ]
    t.same(before, after, review)
    t.ok(before.findings.length + before.filled.length > 0, 'there is something to compare')
  }
})

t.test(
  'a value at stock is kept where its author wrote it, in a manifest and in a review made by hand',
  async t => {
    const object = {
      apiVersion: 'hco.kubevirt.io/v1beta1',
      kind: 'HyperConverged',
      metadata: { name: 'kubevirt-hyperconverged', namespace: 'openshift-cnv' },
      spec: { liveMigrationConfig: { parallelOutboundMigrationsPerNode: 2 } },
    }
    const review = {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: {
        uid: 'by-hand',
        kind: { group: 'hco.kubevirt.io', version: 'v1beta1', kind: 'HyperConverged' },
        operation: 'CREATE',
        namespace: 'openshift-cnv',
        userInfo: { username: 'alice' },
        object,
      },
    }
    inFolder(t, { 'manifest.json': JSON.stringify(object), 'review.json': JSON.stringify(review) })
    for (const file of ['manifest.json', 'review.json']) {
      const { filled } = await judged([file, '--hco-version', '1.17'])
      const fields = filled.map(({ field }: { field: string }) => field.split('.').at(-1))
      t.notOk(fields.includes('parallelOutboundMigrationsPerNode'), file)
      t.ok(fields.includes('bandwidthPerMigration'), `${file} leaves the bandwidth open`)
    }
  },
)

async function judged(args: readonly string[]) {
  const { out } = await runCli(['check', ...args, '-o', 'json'])
  const [{ outcome, findings, filled, profile }] = JSON.parse(out).objects
  return {
    outcome,
    profile,
    findings: findings.map(({ text, effect }: Record<string, string>) => [effect, text]),
    filled,
  }
}
