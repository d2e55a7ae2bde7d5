// What a jsonpatch makes of the migrations object of KubeVirt, where HCO writes the settings.
import type { Test } from 'tap'
import { applyMigrationsPatch } from '../../src/core/json-patch/json-patch.ts'
import type { Texts, Values } from './review.ts'

/** Where that object is, as a pointer. */
export const ROOT = '/spec/configuration/migrations'
export const PATCH = 'kubevirt.kubevirt.io/jsonpatch'
/** The object before the patch. */
export const BEFORE = { allowPostCopy: false, parallelMigrationsPerCluster: 5 }

/** A jsonpatch operation that puts a value in the place of the settings, or at another path. */
export function set(value: unknown, path = ROOT) {
  return { op: 'add', path, value }
}

/** The annotation with a jsonpatch of these operations. */
export function patch(...operations: readonly Values[]): Texts {
  return { [PATCH]: JSON.stringify(operations) }
}

export type Operation = Readonly<Record<string, unknown>>

const plain = (value: unknown) =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value))

export function apply(...operations: readonly Operation[]) {
  return applyMigrationsPatch(JSON.stringify(operations), BEFORE)
}

/** What becomes of the object; a word where the patch is malformed or overreaches. */
export function result(...operations: readonly Operation[]) {
  const { problem, migrations, overreaches } = apply(...operations)
  if (problem !== null) return 'malformed'
  return overreaches.length > 0 ? 'overreaches' : plain(migrations)
}

type Cases = Readonly<Record<string, readonly [readonly Operation[], unknown]>>

/** Compares the result of each with what is expected, all at once. */
export function check(t: Test, cases: Cases) {
  const entries = Object.entries(cases)
  t.same(
    Object.fromEntries(entries.map(([name, [operations]]) => [name, result(...operations)])),
    Object.fromEntries(entries.map(([name, [, expected]]) => [name, expected])),
  )
  t.end()
}
