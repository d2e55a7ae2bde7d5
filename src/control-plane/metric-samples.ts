/** One line of a metrics page. */
export type MetricSample = {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const LINE = /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)/
const LABEL = /(?<key>\w+)="(?<value>(?:[^"\\]|\\.)*)"/g

/** Reads the Prometheus text format, without help and types. */
export function parseSamples(page: string): readonly MetricSample[] {
  return page.split('\n').flatMap(line => {
    const { name, labels = '', value } = LINE.exec(line)?.groups ?? {}
    if (name === undefined) return []
    return { name, labels: parseLabels(labels), value: numberIn(value ?? '') }
  })
}

/** The sum over all samples of that name whose labels hold the given ones. */
export function sumOf(
  samples: readonly MetricSample[],
  name: string,
  wanted: Readonly<Record<string, string>> = {},
): number {
  const fits = (sample: MetricSample) =>
    sample.name === name && Object.entries(wanted).every(([k, v]) => sample.labels[k] === v)
  return samples.filter(fits).reduce((sum, { value }) => sum + value, 0)
}

function parseLabels(text: string): Readonly<Record<string, string>> {
  const pairs = [...text.matchAll(LABEL)].map(({ groups = {} }) => [groups.key, unescaped(groups)])
  return Object.fromEntries(pairs)
}

function unescaped({ value = '' }: Record<string, string>): string {
  return value.replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c))
}

function numberIn(text: string): number {
  return Number(text.replace('Inf', 'Infinity'))
}
