import { readFileSync } from 'node:fs'
import { Ajv, type ErrorObject } from 'ajv'
import { didYouMean } from '../core/did-you-mean.ts'
import { isObject, printable, show } from '../core/json.ts'
import { explainReadError } from '../files/explain-error.ts'
import { InputError, listed } from '../input-error.ts'
import { readYaml } from '../yaml/read-yaml.ts'
import { camelCase } from './camel-case.ts'
import { defaultsFor, type OptionSpec, SERVE_OPTIONS, type ServeOptions } from './serve-options.ts'

/** Where settings come from; the first that names one wins, in this order. */
export type OptionSources = {
  /** What the command line names, under the names of its options in camelCase; `config` is the file. */
  readonly flags: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly hostname: string
}

/** A setting that cannot be honoured; the message names where it was written. */
class OptionError extends InputError {
  override readonly code = 'BAD_OPTION'
}

const HEADING = 'several settings cannot be honoured'

type Given = { readonly value: unknown; readonly origin: string }

/** Merges flags, environment, file and defaults; throws one `OptionError` with every mistake. */
export function readServeOptions({ flags, env, hostname }: OptionSources): ServeOptions {
  const file = text(flags.config) ?? text(env.MIGRATION_GUARD_CONFIG)
  const inFile = file === undefined ? {} : readFile(file)
  const given = new Map<string, Given>()
  for (const spec of SERVE_OPTIONS) {
    const found =
      fromFlag(spec, flags) ?? fromEnvironment(spec, env) ?? fromFile(spec, inFile, file)
    if (found !== undefined) given.set(camelCase(spec.name), found)
  }
  check(given)
  const dev = given.get('dev')?.value === true
  const chosen = Object.fromEntries([...given].map(([name, { value }]) => [name, value]))
  const options = { ...defaultsFor(dev, hostname), ...chosen } as ServeOptions
  checkPorts(options, given)
  return options
}

// 0 is whichever is free.
function checkPorts({ port, opsPort }: ServeOptions, given: ReadonlyMap<string, Given>): void {
  if (port === 0 || port !== opsPort) return
  const { origin } = given.get('opsPort') ?? given.get('port') ?? { origin: '--ops-port' }
  const other = given.has('opsPort') ? 'reviews' : 'probes and metrics'
  throw new OptionError(`${origin} ${port}: another port is needed, this one is for ${other}`)
}

function fromFlag(spec: OptionSpec, flags: OptionSources['flags']): Given | undefined {
  const value = flags[camelCase(spec.name)]
  return value === undefined
    ? undefined
    : { value: fromText(spec, value), origin: `--${spec.name}` }
}

function fromEnvironment(spec: OptionSpec, env: OptionSources['env']): Given | undefined {
  const origin = `MIGRATION_GUARD_${spec.name.toUpperCase().replaceAll('-', '_')}`
  const value = env[origin]
  // Kubernetes sets MIGRATION_GUARD_PORT=tcp://10.0.0.1:443 in every pod beside a Service named migration-guard
  // (kubernetes.io/docs/concepts/containers/container-environment): that is not for us.
  if (value === undefined || value === '' || /^(tcp|udp|sctp):\/\//.test(value)) return undefined
  const list = spec.schema.type === 'array' ? value.split(',').map(item => item.trim()) : value
  return { value: fromText(spec, list), origin }
}

function fromFile(
  spec: OptionSpec,
  content: Readonly<Record<string, unknown>>,
  file = '',
): Given | undefined {
  if (!Object.hasOwn(content, spec.name)) return undefined
  const value = content[spec.name]
  const list = spec.schema.type === 'array' && !Array.isArray(value) ? [value] : value
  return { value: list, origin: `${file}: ${spec.name}` }
}

// Flags and variables are text; what is not the text of the wanted type stays, for the schema to refuse.
function fromText({ schema }: OptionSpec, value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (schema.type === 'boolean')
    return ({ true: true, false: false } as Record<string, boolean>)[value] ?? value
  const isNumber = schema.type === 'integer' || schema.type === 'number'
  if (isNumber && /^-?\d+(\.\d+)?$/.test(value)) return Number(value)
  return value
}

function readFile(file: string): Readonly<Record<string, unknown>> {
  let content: unknown
  try {
    content = readYaml(readFileSync(file === '-' ? 0 : file, 'utf8'))
  } catch (error) {
    throw new OptionError(`--config ${file}: ${explainReadError(error)}`, { cause: error })
  }
  if (content === null || content === undefined) return {}
  if (!isObject(content))
    throw new OptionError(`--config ${file}: expected settings such as "port: 8443", one a line`)
  const known = SERVE_OPTIONS.map(({ name }) => name)
  const strange = Object.keys(content).filter(name => !known.includes(name))
  if (strange.length === 0) return content
  const lines = strange.map(name => {
    const meant = didYouMean(name, known)
    const hint = meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`
    return `${file}: ${printable(name)}: there is no such setting; ${hint}`
  })
  throw new OptionError(listed(HEADING, lines))
}

function check(given: ReadonlyMap<string, Given>): void {
  const properties = Object.fromEntries(
    SERVE_OPTIONS.map(({ name, schema }) => [camelCase(name), schema]),
  )
  // The schema is ours and a test checks it; checking it here as well would cost a tenth of the start.
  const ajv = new Ajv({ allErrors: true, meta: false, validateSchema: false })
  const validate = ajv.compile({ type: 'object', properties })
  if (validate(Object.fromEntries([...given].map(([name, { value }]) => [name, value])))) return
  const lines = (validate.errors ?? []).map(error => sentence(error, given))
  throw new OptionError(listed(HEADING, [...new Set(lines)]))
}

function sentence(error: ErrorObject, given: ReadonlyMap<string, Given>) {
  const [, name = '', item] = error.instancePath.split('/')
  const { value: all, origin } = given.get(name) ?? { value: undefined, origin: name }
  const value = Array.isArray(all) && item !== undefined ? all[Number(item)] : all
  const form = SERVE_OPTIONS.find(option => camelCase(option.name) === name)?.form
  return `${origin} ${show(value)}: ${needed(error, value, form)}`
}

function needed({ keyword, params, message }: ErrorObject, value: unknown, form?: string): string {
  if (keyword === 'enum') {
    const known: readonly string[] = params.allowedValues
    const meant = typeof value === 'string' ? didYouMean(value, known) : undefined
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`
    return `one of ${known.join(', ')} is needed${hint}`
  }
  if (keyword === 'minLength') return 'text is needed; leave the setting out to keep its default'
  if (keyword === 'type' && params.type === 'string') return 'text is needed; put quotes around it'
  if (keyword === 'type' && params.type === 'boolean') return 'true or false is needed'
  return form === undefined ? (message ?? keyword) : `${form} is needed`
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
