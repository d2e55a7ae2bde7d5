import { LOG_LEVELS, type LogLevel } from '../config/serve-options.ts'

type Fields = Readonly<Record<string, unknown>>
type Line = (message: string, fields?: Fields) => void

/** The log of the program, apart from the audit log: a line each for people or, as JSON, for a collector. */
export type Log = { readonly [level in Exclude<LogLevel, 'silent'>]: Line } & {
  readonly reaches: (level: LogLevel) => boolean
}

export type LogOptions = {
  readonly level: LogLevel
  readonly write: (line: string) => void
  /** Lines for people instead of JSON. */
  readonly human?: boolean
  readonly now?: () => number
}

/** Makes the log. */
export function createLog({ level, write, human = false, now = Date.now }: LogOptions): Log {
  const reaches = (name: LogLevel) => LOG_LEVELS.indexOf(name) <= LOG_LEVELS.indexOf(level)
  const line = (name: Exclude<LogLevel, 'silent'>): Line => {
    if (!reaches(name)) return () => {}
    return (message, fields = {}) =>
      write(human ? forPeople(name, message) : forCollectors(name, now(), message, fields))
  }
  return {
    error: line('error'),
    warn: line('warn'),
    info: line('info'),
    debug: line('debug'),
    reaches,
  }
}

function forPeople(level: string, message: string): string {
  return level === 'info' ? `${message}\n` : `${level}: ${message}\n`
}

function forCollectors(level: string, now: number, message: string, fields: Fields): string {
  return `${JSON.stringify({ time: new Date(now).toISOString(), level, message, ...fields })}\n`
}
