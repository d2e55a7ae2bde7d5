/**
 * No HyperConverged or MigrationPolicy nests a hundred deep, and the API server itself reads no more than 10,000
 * (sigs.k8s.io/json). A million levels are a small text, but every step after parsing would pay for each of them.
 */
export const DEEPEST = 10_000

const OPENING = ['{', '['] as const

// A level that is closed takes two brackets, and JSON in which one is not is refused by the parser.
const SHORTEST = 2 * DEEPEST

/** Tells whether JSON nests deeper than is read, before it is parsed. */
export function isTooDeep(text: string): boolean {
  return text.length > SHORTEST && opensOften(text) && isDeeper(text)
}

// Those in strings included: enough to let ordinary reviews pass, at the speed of a search.
function opensOften(text: string): boolean {
  let count = 0
  for (const bracket of OPENING)
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1))
      if (++count > DEEPEST) return true
  return false
}

function isDeeper(text: string): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') inString = !inString
    else if (inString) at += character === '\\' ? 1 : 0
    else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    if (depth > DEEPEST) return true
  }
  return false
}
