import { annotationPath, JSON_PATCH } from '../annotations.ts'
import { sortedText } from '../json.ts'
import type { Rule } from './rule.ts'
import type { BareViolation } from './violation.ts'

export const jsonPatchOverride: Rule = {
  id: 'json-patch-override',
  title: 'The jsonpatch annotation does what no setting may',
  enforcement: 'deny',
  trips:
    "annotation `kubevirt.kubevirt.io/jsonpatch` sets `disableTLS` or `unsafeMigrationOverride`, brings a value into the migrations object from where it cannot be seen, hides a setting behind another case, cannot be followed although HCO may apply it (where `invalid-value` does not refuse it), or switches on the feature gate `MigrationStallDetection`, with which post copy does not wait for the timeout. What it makes of the settings is judged by every other rule, under that rule's id",
  rationale:
    'HCO applies the annotation to the KubeVirt resource after everything else, so it overrides the settings and nothing reconciles it away.',
  source:
    'kubevirt/hyperconverged-cluster-operator controllers/operands/operand.go, docs/cluster-configuration.md',
  remedy: 'Use the settings of HyperConverged, or write the values into the patch themselves.',
  waivable: true,
  kinds: ['HyperConverged'],
  check: ({ override }) =>
    (override?.forbidden ?? []).map(
      ({ what, cause }): BareViolation => ({
        field: annotationPath(JSON_PATCH),
        value: null,
        message: `the patch changes live migration in a way that is not allowed: ${what}.`,
        // Of one that cannot be followed no operation can be named.
        ...(override?.problem === null ? FOLLOWED : NOT_FOLLOWED),
        identity: sortedText(cause),
        bound: null,
      }),
    ),
}

const FOLLOWED = {
  consequence: 'HCO would apply it over every setting, and nothing reconciles it away.',
  fix: 'remove that operation from the patch',
} as const

const NOT_FOLLOWED = {
  consequence: 'HCO may apply it all the same, and what it does cannot be seen here.',
  fix: 'write the patch so that it can be followed, or remove the annotation',
} as const
