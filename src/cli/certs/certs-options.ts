import { DEFAULT_LEAF_DAYS } from '../../../certs/issue.ts'

/** The options of `migration-guard certs`, named as on the command line. */
export type CertsOptions = {
  readonly out: string
  readonly host: readonly string[]
  readonly ip: readonly string[]
  readonly service: string
  readonly namespace: string
  readonly days: number | string
  readonly ca?: string | undefined
  readonly caKey?: string | undefined
  readonly keepCaKey: boolean
  readonly force: boolean
  readonly print?: string | undefined
}

/** What holds for options that are not given. */
export const CERTS_DEFAULTS: CertsOptions = {
  out: 'certs',
  host: [],
  ip: [],
  service: 'hco-migration-guard',
  namespace: 'hco-migration-guard',
  days: DEFAULT_LEAF_DAYS,
  keepCaKey: false,
  force: false,
}
