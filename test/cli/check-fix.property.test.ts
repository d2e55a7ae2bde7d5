import fc from 'fast-check'
import t from 'tap'
import { Document, type ToStringOptions, visit } from 'yaml'
import type { FixedFile } from '../../src/cli/check/report.ts'
import { parseDocuments } from '../../src/yaml/parse-documents.ts'
import { runCli } from './support/run-cli.ts'

const NUMBER = fc.constantFrom(0, 1, 2, 3, 5, 6, 11, 20, 51, 149, 150, 151, 800, -1, '5', '08', 1.5)
const SWITCH = fc.constantFrom(true, false, 'true', null)
const SETTINGS = fc.record(
  {
    bandwidthPerMigration: fc.constantFrom('0Mi', '64Mi', '64m', 64, '-1Gi', null),
    completionTimeoutPerGiB: NUMBER,
    parallelMigrationsPerCluster: NUMBER,
    parallelOutboundMigrationsPerNode: NUMBER,
    progressTimeout: NUMBER,
    network: fc.constantFrom('migration', 'a,b', ''),
    allowAutoConverge: SWITCH,
    allowPostCopy: SWITCH,
    allowWorkloadDisruption: SWITCH,
    allowPostcopy: fc.constant(true),
  },
  { requiredKeys: [] },
)
const BLOCK = fc.oneof({ weight: 8, arbitrary: SETTINGS }, fc.constantFrom(null, {}, 'text'))
const ANNOTATIONS = fc.record(
  {
    'migration-guard.io/workload-profile': fc.constantFrom('heavy', 'standard'),
    'migration-guard.io/data': fc.constant('critical'),
    'migration-guard.io/network-stability': fc.constant('unstable'),
    'exception.migration-guard.io/parallel-migrations-too-high': fc.constant('{}'),
  },
  { requiredKeys: [] },
)
const STYLE = fc.record({
  indent: fc.constantFrom(2, 4),
  collectionStyle: fc.constantFrom('any', 'block', 'flow'),
  defaultStringType: fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE'),
  defaultKeyType: fc.constantFrom('PLAIN', 'QUOTE_DOUBLE'),
}) as fc.Arbitrary<ToStringOptions>

const MANIFEST = fc
  .record({ block: BLOCK, annotations: ANNOTATIONS, v1: fc.boolean(), bare: fc.boolean() })
  .map(({ block, annotations, v1, bare }) => {
    const spec = v1
      ? { virtualization: { liveMigrationConfig: block } }
      : { liveMigrationConfig: block }
    return {
      apiVersion: `hco.kubevirt.io/${v1 ? 'v1' : 'v1beta1'}`,
      kind: 'HyperConverged',
      metadata: { name: 'a', annotations },
      spec: bare ? null : spec,
    }
  })

/** A text for the value with comments and blank lines wherever the seed wants them. */
function write(value: unknown, style: ToStringOptions, seed: readonly boolean[]): string {
  const document = new Document(value)
  let at = 0
  const next = () => seed[at++ % seed.length] === true
  if (style.collectionStyle !== 'flow')
    visit(document, {
      Scalar(key, node) {
        if (key !== 'key') {
          if (next()) node.comment = ' beside'
        } else if (next()) {
          node.commentBefore = ' before'
          node.spaceBefore = next()
        }
      },
    })
  return document.toString(style)
}

// Findings and denials; anything that cannot be read fails the test.
function countsOf(json: string): readonly number[] {
  const { objects, problems } = JSON.parse(json)
  if (problems.length > 0) throw new Error(problems[0].text)
  const effects = objects[0].findings.map(({ effect }: { effect: string }) => effect)
  return [effects.length, effects.filter((effect: string) => effect === 'deny').length]
}

t.test('what --fix writes can be read, has no finding more than before, and is final', async t => {
  const seeds = fc.array(fc.boolean(), { minLength: 1, maxLength: 7 })
  const args = ['check', '-', '-o', 'json', '--hco-version', '1.20']
  await fc.assert(
    fc.asyncProperty(MANIFEST, STYLE, seeds, async (manifest, style, seed) => {
      const text = write(manifest, style, seed)
      const before = countsOf((await runCli(args, { stdin: text })).out)
      const { out: fixed, err } = await runCli([...args, '--fix'], { stdin: text })
      const after = countsOf(err)
      // Not always fewer: a number that could not be read before may turn out to be too high.
      if (after.some((count, index) => count > (before[index] ?? 0)))
        throw new Error(`${after} after ${before}`)
      const { objects, fixed: files } = JSON.parse(err)
      const left = objects[0].filled.map(({ field }: { field: string }) => field)
      // Without facts post copy is left to the author, and said to be.
      const said = files.flatMap((file: FixedFile) => file.uncorrected.map(({ field }) => field))
      if (
        left.some((field: string) => !/PostCopy$|Disruption$/.test(field) || !said.includes(field))
      )
        throw new Error(`not filled:\n${fixed}`)
      const { out: again } = await runCli([...args, '--fix'], { stdin: fixed })
      if (again !== fixed) throw new Error(`not final:\n${fixed}\nthen\n${again}`)
      const [document] = parseDocuments(fixed, 'fixed')
      if (!document || 'error' in document) throw new Error(`broken:\n${fixed}`)
      // Every line that was there and held no setting still is.
      const others = (lines: string) => lines.split('\n').filter(line => /#|kind|name/.test(line))
      for (const line of others(text))
        if (style.collectionStyle === 'block' && !/: .*#/.test(line) && !fixed.includes(line))
          throw new Error(`lost: ${line}`)
    }),
    { numRuns: 150 },
  )
  t.pass('150 manifests')
})
