import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type ParsedNode,
  Scalar,
  type YAMLMap,
} from 'yaml'
import { printable, show } from '../core/json.ts'
import type { YamlLimits } from './compose.ts'
import { KEY_REASON } from './explain-syntax.ts'
import { type Position, YamlError, type YamlErrorCode } from './yaml-error.ts'

/** Which node an alias stands for. */
export type AliasTargets = ReadonlyMap<Alias, Node>

/**
 * The JSON value of a document. Own code instead of the library's `toJS`, which rounds large integers, compares every
 * key with all before it and resolves an alias by searching the whole document.
 */
export function toValue(
  root: ParsedNode | null,
  limits: YamlLimits,
  positionOf: (offset: number) => Position,
): { readonly value: unknown; readonly targets: AliasTargets } {
  const conversion = new Conversion(limits, positionOf)
  return { value: conversion.convert(root, 0, null), targets: conversion.targets }
}

class Conversion {
  readonly targets = new Map<Alias, Node>()
  readonly #limits: YamlLimits
  readonly #positionOf: (offset: number) => Position
  readonly #anchors = new Map<string, Node>()
  // Lists and mappings being converted: an alias to one of them would never end.
  readonly #open = new Set<Node>()
  #aliases = 0
  #expanded = 0

  constructor(limits: YamlLimits, positionOf: (offset: number) => Position) {
    this.#limits = limits
    this.#positionOf = positionOf
  }

  /** `outer` is the alias in the text that is being expanded, if any. */
  convert(node: Node | null, depth: number, outer: Alias | null): unknown {
    if (node === null) return null
    if (isAlias(node)) return this.#expand(node, depth, outer ?? node)
    // Only the first visit defines an anchor; a later visit through an alias must not redefine it.
    if (node.anchor !== undefined && !outer) this.#anchors.set(node.anchor, node)
    if (isScalar(node)) return this.#scalar(node)
    const { depth: most } = this.#limits
    if (depth >= most)
      this.#fail('too-deep', `lists and mappings are nested more than ${most} deep`, outer ?? node)
    this.#open.add(node)
    const value = isMap(node)
      ? this.#mapping(node, depth, outer)
      : isSeq(node)
        ? node.items.map(item => this.convert(item as Node, depth + 1, outer))
        : this.#fail('syntax', 'this is neither a value, a list nor a mapping', node)
    this.#open.delete(node)
    return value
  }

  #mapping(map: YAMLMap, depth: number, outer: Alias | null): Record<string, unknown> {
    const object: Record<string, unknown> = {}
    const seen = new Map<string, Node>()
    for (const pair of map.items) {
      const key = pair.key as Node | null
      const name = this.#nameOf(key ?? map)
      const first = seen.get(name)
      if (first) this.#failDuplicate(name, first, key ?? map)
      seen.set(name, key ?? map)
      // Its text is known; this is for an anchor that it may carry.
      this.convert(key, depth, outer)
      const value = this.convert(pair.value as Node | null, depth + 1, outer)
      // A plain assignment to `__proto__` would change the prototype; this makes it a key like any other.
      Object.defineProperty(object, name, {
        value,
        configurable: true,
        enumerable: true,
        writable: true,
      })
    }
    return object
  }

  #nameOf(key: Node): string {
    if (!isScalar(key) || typeof key.value !== 'string') return this.#fail('key', KEY_REASON, key)
    const plain = key.type === Scalar.PLAIN || key.type === undefined
    if (plain && key.value === '') this.#fail('key', 'a key is missing before ":"', key)
    // Read as an ordinary key it would silently drop what it merges.
    if (plain && key.value === '<<')
      this.#fail('key', 'merge keys ("<<") are not supported; write the keys out', key)
    return key.value
  }

  #scalar(node: Scalar): unknown {
    const { value, source = '' } = node
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value !== 'number')
      return this.#fail('tag', 'only text, numbers, true, false and null are supported', node)
    if (isExact(value, source)) return value
    const reason = `${printable(source)} cannot be kept exactly as a number; quote it if it is text`
    return this.#fail('number', reason, node)
  }

  // The value is built anew for each alias, so that nobody who changes one place changes another. What all aliases
  // stand for is bounded by the length of text that a document may have: "billion laughs" ends there.
  #expand(alias: Alias, depth: number, outer: Alias): unknown {
    const target = this.targets.get(alias) ?? this.#anchors.get(alias.source)
    const name = `the alias *${printable(alias.source)}`
    if (!target) return this.#fail('alias', `${name} has no anchor before it`, alias)
    if (this.#open.has(target))
      return this.#fail('alias', `${name} stands inside what it stands for`, alias)
    this.targets.set(alias, target)
    this.#aliases += 1
    this.#expanded += lengthOf(target)
    if (this.#aliases > this.#limits.aliases || this.#expanded > this.#limits.length)
      this.#fail('alias', 'too many aliases (*name), or they stand for too much text', outer)
    return this.convert(target, depth, outer)
  }

  #failDuplicate(name: string, first: Node, second: Node): never {
    const { line } = this.#positionOf(startOf(first))
    return this.#fail(
      'duplicate-key',
      `the key ${show(name)} stands twice, first on line ${line}`,
      second,
    )
  }

  #fail(code: YamlErrorCode, reason: string, node: Node): never {
    throw new YamlError(code, reason, this.#positionOf(startOf(node)))
  }
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0
}

function lengthOf(node: Node): number {
  const [start, end] = node.range ?? [0, 0]
  return Math.max(1, end - start)
}

// Integers beyond 2^53 are kept where the double is the same number or prints the same digits, and are refused otherwise
// (an int64 such as 9223372036854775807 would become another number without a word). Fractions round as JSON's do.
function isExact(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return false
  if (Number.isSafeInteger(value) || !/^(?:[-+]?\d+|0[ox][\da-fA-F]+)$/.test(source)) return true
  const written = BigInt(source)
  return BigInt(value) === written || String(value) === written.toString()
}
