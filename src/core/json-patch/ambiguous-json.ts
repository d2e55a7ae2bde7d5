import { isObject } from '../json.ts'

/** How many levels of a value are read. */
export const DEEPEST = 64

// A string, and the colon behind it that makes it a key.
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g

/**
 * Why readers of a JSON text may not agree on what it says, or overflow on it: it is nested deeply, or a key stands twice in
 * one object. JSON.parse keeps the last of these, Go's encoding/json merges them.
 */
export function findAmbiguity(text: string, value: unknown): string | undefined {
  if (isDeeper(value, DEEPEST)) return `is nested more than ${DEEPEST} deep`
  let keys = 0
  for (const [, colon] of text.matchAll(STRING)) if (colon !== undefined) keys++
  return keys === countKeys(value) ? undefined : 'holds an object in which a key stands twice'
}

/** True for a value of more levels than that. */
export function isDeeper(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return limit <= 0 || Object.values(value).some(inner => isDeeper(inner, limit - 1))
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner = Object.values(value)
  return inner.reduce((sum, item) => sum + countKeys(item), isObject(value) ? inner.length : 0)
}
