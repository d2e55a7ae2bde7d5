import type { CheckReport } from '../report.ts'
import { toGithub } from './github.ts'
import { toJson } from './json.ts'
import { toJunit } from './junit.ts'
import { toSarif } from './sarif.ts'
import { toTable } from './table.ts'

/** How the table is drawn; the other formats have no choice. */
export type Style = { readonly width: number; readonly colour: boolean }

/** Writes a report in one format. */
export type Outputter = (report: CheckReport, style: Style) => string

/** The formats by the name they have on the command line. */
export const OUTPUTTERS = {
  table: toTable,
  json: toJson,
  sarif: toSarif,
  junit: toJunit,
  github: toGithub,
} as const satisfies Readonly<Record<string, Outputter>>

export type OutputFormat = keyof typeof OUTPUTTERS

export const OUTPUT_FORMATS = Object.keys(OUTPUTTERS) as readonly OutputFormat[]
