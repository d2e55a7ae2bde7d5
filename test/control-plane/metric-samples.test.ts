import t from 'tap'
import { parseSamples, sumOf } from '../../src/control-plane/metric-samples.ts'

const PAGE = `# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{code="200",path="a \\"b\\"\\\\c,d=\\"e\\"}"} 3
requests_total{code="500",path=""} 1.5e+01
up 1 1700000000000
slow_bucket{le="+Inf"} +Inf
`

t.test('a metrics page is read into samples', async t => {
  t.strictSame(parseSamples(PAGE), [
    { name: 'requests_total', labels: { code: '200', path: 'a "b"\\c,d="e"}' }, value: 3 },
    { name: 'requests_total', labels: { code: '500', path: '' }, value: 15 },
    { name: 'up', labels: {}, value: 1 },
    { name: 'slow_bucket', labels: { le: '+Inf' }, value: Number.POSITIVE_INFINITY },
  ])
})

t.test('samples are summed over the labels that are not asked for', async t => {
  const samples = parseSamples(PAGE)
  t.equal(sumOf(samples, 'requests_total'), 18)
  t.equal(sumOf(samples, 'requests_total', { code: '500' }), 15)
  t.equal(sumOf(samples, 'requests'), 0)
})
