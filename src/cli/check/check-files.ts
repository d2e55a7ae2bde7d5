import { describeManifest } from './describe-manifest.ts'
import type { InputFile } from './input-files.ts'
import { judgeManifest } from './judge-manifest.ts'
import type { JudgeContext, Judged } from './judge-request.ts'
import { checkReview } from './judge-review.ts'
import { mergeObjects } from './merge-objects.ts'
import { objectText } from './output/words.ts'
import { placeOf } from './place.ts'
import { placeNetworks } from './read-facts.ts'
import type { CheckedObject, Problem } from './report.ts'
import { countKind, type Manifest, sortObjects } from './sort-objects.ts'
import { contextUnder, oldOf, type Surroundings } from './surroundings.ts'

/** What became of the files: every object judged, and everything that could not be. */
export type CheckedFiles = {
  readonly objects: readonly CheckedObject[]
  readonly problems: readonly Problem[]
  /** How many objects of which kind tell of the cluster. */
  readonly facts: ReadonlyMap<string, number>
  readonly skipped: ReadonlyMap<string, number>
  /** The HyperConvergeds with what was decided of them, for --fix. */
  readonly hyperConvergeds: readonly JudgedManifest[]
}

export type JudgedManifest = { readonly manifest: Manifest; readonly judged: Judged }

/**
 * Judges every object in the files as parts of one cluster: a HyperConverged with every MigrationPolicy of the run, and a
 * MigrationPolicy with the HyperConverged of the run. Where there are several, it has to be right with each of them.
 */
export async function checkFiles(
  files: readonly InputFile[],
  surroundings: Surroundings,
): Promise<CheckedFiles> {
  const { manifests, reviews, facts, problems, skipped } = sortObjects(files)
  const beside = {
    policies: manifests.filter(({ kind }) => kind === 'MigrationPolicy'),
    facts: placeNetworks(facts, manifests),
  }
  const bare = contextUnder(surroundings, beside, null)
  const judgeUnder = async (manifest: Manifest, context: JudgeContext) => {
    const old = oldOf(manifest, surroundings)
    const judged = await judgeManifest(manifest, old, surroundings.user, context)
    return { manifest, judged, object: describeManifest(manifest, judged, context) }
  }
  const hyperConvergeds = await Promise.all(
    manifests
      .filter(({ kind }) => kind === 'HyperConverged')
      .map(manifest => judgeUnder(manifest, bare)),
  )
  const clusters = hyperConvergeds.map(({ judged }) =>
    contextUnder(surroundings, beside, judged.decision.request?.object ?? null),
  )
  const contexts = clusters.length === 0 ? [bare] : clusters

  const checkManifest = async (manifest: Manifest): Promise<CheckedObject> => {
    const known = hyperConvergeds.find(one => one.manifest === manifest)
    if (known) return known.object
    const judged = await Promise.all(contexts.map(context => judgeUnder(manifest, context)))
    return mergeObjects(judged.map(({ object }) => object))
  }
  const objects = await Promise.all(manifests.map(checkManifest))
  for (const review of reviews) {
    const checked = await Promise.all(contexts.map(context => checkReview(review, context)))
    const [failed] = checked.flatMap(one => ('problem' in one ? one.problem : []))
    if (failed) problems.push(failed)
    else objects.push(mergeObjects(checked.flatMap(one => ('object' in one ? one.object : []))))
  }
  const stray = strayOld(manifests, surroundings)
  if (stray) problems.push(stray)
  const known = new Map<string, number>()
  for (const object of facts) countKind(known, object)
  return { objects, problems, facts: known, skipped, hyperConvergeds }
}

// An old object that is nobody's is a mistake in --old: the manifests would silently be judged as new.
function strayOld(manifests: readonly Manifest[], surroundings: Surroundings): Problem | undefined {
  const [old] = surroundings.old
  const matched = manifests.some(manifest => oldOf(manifest, surroundings) !== null)
  if (old === undefined || matched || manifests.length === 0) return undefined
  const text = `--old has ${objectText(old)}, but no manifest checked is of that kind, namespace and name`
  return { ...placeOf(old.document, old.path), text }
}
