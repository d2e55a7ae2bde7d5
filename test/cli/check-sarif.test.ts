import { pathToFileURL } from 'node:url'
import type { Log, Result } from 'sarif'
import t from 'tap'
import { RULES } from '../../src/core/rules/catalogue.ts'
import { CLEAN, hyperConverged } from './support/manifests.ts'
import { checkIn } from './support/run-cli.ts'

const FILES = {
  'denied.yaml': hyperConverged({ ...CLEAN, parallelMigrationsPerCluster: 20 }),
  'my dir': {
    'warned.yaml': hyperConverged({ ...CLEAN, allowPostcopy: true, progressTimeout: 1 }),
  },
  'broken.yaml': 'a: [',
}

async function sarifOf(t: Parameters<typeof checkIn>[0], args: readonly string[]): Promise<Log> {
  return JSON.parse((await checkIn(t, FILES, [...args, '-o', 'sarif'])).out)
}

t.test('the log is one run of SARIF 2.1.0 with every rule of the catalogue', async t => {
  const log = await sarifOf(t, ['.'])
  t.equal(log.version, '2.1.0')
  t.match(log.$schema, /sarif-schema-2\.1\.0\.json$/)
  t.equal(log.runs.length, 1)
  const driver = log.runs[0]?.tool.driver
  t.match(driver, { name: 'migration-guard', version: '0.1.0', semanticVersion: '0.1.0' })
  const descriptors = driver?.rules ?? []
  t.same(
    descriptors.map(({ id }) => id),
    [...RULES.map(({ id }) => id), 'note'],
  )
  for (const { id, name, shortDescription, fullDescription, help, ...rest } of descriptors) {
    t.match(name, /^[A-Z][A-Za-z]+$/, id)
    for (const text of [shortDescription?.text, fullDescription?.text, help?.text])
      t.match(text, /^[a-zA-Z`].{10}/, id)
    t.match(rest.defaultConfiguration?.level, /^(error|warning)$/, id)
  }
  const [first] = RULES
  t.match(descriptors[0], {
    shortDescription: { text: first?.title },
    fullDescription: { text: first?.rationale },
  })
  t.ok(descriptors[0]?.help?.text.includes(first?.remedy ?? ''))
})

t.test('every result names its rule, its place and its object', async t => {
  const { runs } = await sarifOf(t, ['.'])
  const results: Result[] = runs[0]?.results ?? []
  const rules = runs[0]?.tool.driver.rules ?? []
  t.same(
    results.map(({ ruleId, level, locations }) => {
      const { artifactLocation, region } = locations?.[0]?.physicalLocation ?? {}
      const { startLine, startColumn } = region ?? {}
      return [level, ruleId, `${artifactLocation?.uri}:${startLine}:${startColumn}`]
    }),
    [
      ['error', 'parallel-migrations-too-high', 'denied.yaml:12:5'],
      ['warning', 'progress-timeout-low', 'my%20dir/warned.yaml:14:5'],
      ['warning', 'note', 'my%20dir/warned.yaml:16:5'],
    ],
  )
  for (const { ruleId, ruleIndex, message, locations, partialFingerprints } of results) {
    t.equal(rules[ruleIndex ?? -1]?.id, ruleId)
    t.match(message.text, /.{20}/)
    t.match(locations?.[0]?.logicalLocations?.[0]?.fullyQualifiedName, /^HyperConverged openshift/)
    t.match(partialFingerprints, { 'violation/v1': / / })
  }
  const fingerprints = results.map(({ partialFingerprints: prints }) => prints?.['violation/v1'])
  t.equal(new Set(fingerprints).size, results.length)
})

t.test('what cannot be read is a notification of a run that did not succeed', async t => {
  const [invocation] = (await sarifOf(t, ['.'])).runs[0]?.invocations ?? []
  t.equal(invocation?.executionSuccessful, false)
  t.match(invocation?.toolExecutionNotifications, [
    {
      level: 'error',
      message: { text: /not closed/ },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'broken.yaml' },
            region: { startLine: 1 },
          },
        },
      ],
    },
  ])
  const [clean] = (await sarifOf(t, ['denied.yaml'])).runs[0]?.invocations ?? []
  t.match(clean, { executionSuccessful: true, toolExecutionNotifications: [] })
})

t.test('a file elsewhere is named by its URI, one in the folder by its way', async t => {
  const outside = new URL('../../examples/manifests/parallel-20.yaml', import.meta.url).pathname
  const uris = async (path: string) =>
    (await sarifOf(t, [path])).runs[0]?.results?.map(
      ({ locations }) => locations?.[0]?.physicalLocation?.artifactLocation?.uri,
    )
  t.equal((await uris(outside))?.[0], pathToFileURL(outside).href)
  t.equal((await uris(`${t.testdirName}/denied.yaml`))?.[0], 'denied.yaml')
})
