import t from 'tap'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import { DURATION_PATTERN, parseDuration } from '../../src/policy/duration.ts'
import type { PolicyDocument } from '../../src/policy/policy-document.ts'
import { resolvePolicy } from '../../src/policy/resolve.ts'
import { API_VERSION, KIND } from '../../src/policy/schema.ts'

const HEAD = { apiVersion: API_VERSION, kind: KIND }

t.test('what is left out keeps its default, key by key', t => {
  const { limits } = DEFAULT_POLICY
  const cases: readonly (readonly [Partial<PolicyDocument>, object])[] = [
    [{}, {}],
    [{ hcoVersion: '1.17' }, { hcoVersion: '1.17' }],
    [
      { profile: 'standard', data: 'critical' },
      { profile: 'standard', data: 'critical' },
    ],
    [{ filling: 'off' }, { filling: 'off' }],
    [
      {
        rules: {
          'post-copy-inert': 'off',
          'network-missing': { enforcement: 'audit' },
          'invalid-value': {},
        },
      },
      { enforcement: { 'post-copy-inert': 'off', 'network-missing': 'audit' } },
    ],
    [
      { rules: { 'parallel-migrations-too-high': { limits: { heavy: { deny: 8 } } } } },
      {
        limits: {
          ...limits,
          parallelMigrationsPerCluster: {
            ...limits.parallelMigrationsPerCluster,
            heavy: { deny: 8, warn: 5 },
          },
        },
      },
    ],
    [
      {
        rules: {
          'outbound-migrations-too-high': { limits: { standard: { deny: 3 }, heavy: { warn: 2 } } },
        },
      },
      {
        limits: {
          ...limits,
          parallelOutboundMigrationsPerNode: {
            heavy: { deny: 2, warn: 2 },
            standard: { deny: 3, warn: 3 },
          },
        },
      },
    ],
    [{ networks: { unstable: ['wan'] } }, { networks: { podNetwork: null, unstable: ['wan'] } }],
    [
      { networks: { podNetwork: 'unstable' } },
      { networks: { podNetwork: 'unstable', unstable: [] } },
    ],
    [{ linkBandwidth: 1250000000 }, { linkBandwidth: '1250000000' }],
    [{ heavy: { instancetypes: ['u1.*'] } }, { heavy: { instancetypes: ['u1.*'] } }],
    [
      { exceptions: { maxDuration: '30d' } },
      { exceptions: { maxDurationSeconds: 2_592_000, onExpiry: 'warn' } },
    ],
    [
      { exceptions: { onExpiry: 'deny' } },
      { exceptions: { maxDurationSeconds: 2_592_000, onExpiry: 'deny' } },
    ],
    [{ operator: { serviceAccount: 'hco' } }, { operator: { serviceAccount: 'hco' } }],
    [{ audit: { onFailure: 'allow' } }, { audit: { onFailure: 'allow' } }],
  ]
  for (const [document, difference] of cases)
    t.strictSame(
      resolvePolicy({ ...HEAD, ...document }),
      { ...DEFAULT_POLICY, ...difference },
      JSON.stringify(document),
    )
  t.end()
})

t.test('durations are days, hours, minutes and seconds, in this order', t => {
  const seconds: Readonly<Record<string, number | undefined>> = {
    '720h': 2_592_000,
    '30d': 2_592_000,
    '1h30m': 5400,
    '1d2h3m4s': 93_784,
    '90m': 5400,
    '0h': 0,
    '': undefined,
    '720': undefined,
    '1.5h': undefined,
    '30m1h': undefined,
    '1h 30m': undefined,
    '-1h': undefined,
    '1H': undefined,
    '1w': undefined,
    '1000ms': undefined,
    '1234567h': undefined,
    h: undefined,
  }
  const pattern = new RegExp(DURATION_PATTERN)
  for (const [text, expected] of Object.entries(seconds)) {
    t.equal(parseDuration(text), expected, text)
    t.equal(pattern.test(text), expected !== undefined, `pattern for ${text}`)
  }
  t.end()
})
