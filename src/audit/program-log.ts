import { LOG_LEVELS } from '../config/serve-options.ts'
import { isObject, own } from '../core/json.ts'

const OF_A_CHAIN = ['sequence', 'prev', 'hash']

/**
 * True for a line of the program's own log, which a container runtime puts into one stream with an audit log on standard
 * output. Passing it over hides nothing: a record that is made to look like one is missing from the chain.
 */
export function isProgramLog(line: Buffer): boolean {
  const entry = parse(line)
  if (!isObject(entry)) return false
  const [time, level, message] = ['time', 'level', 'message'].map(key => own(entry, key))
  return (
    typeof time === 'string' &&
    typeof message === 'string' &&
    LOG_LEVELS.some(name => name === level) &&
    !OF_A_CHAIN.some(member => Object.hasOwn(entry, member))
  )
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString())
  } catch {
    return undefined
  }
}
