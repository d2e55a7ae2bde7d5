import { annotationPath, JSON_PATCH } from '../annotations.ts'
import type { InvalidPolicyValue } from '../facts/invalid-policy-values.ts'
import { show } from '../json.ts'
import { GUIDANCE } from '../settings/guidance.ts'
import type { Rule } from './rule.ts'
import type { BareViolation } from './violation.ts'

export const invalidValue: Rule = {
  id: 'invalid-value',
  title: 'A value that means something else than it says, or nothing',
  enforcement: 'deny',
  trips:
    'a setting that is not of its type, negative, above int32 or int64; a bandwidth that is no quantity, negative, or below one byte (`64m` means unlimited), on a HyperConverged or a MigrationPolicy; selectors of a MigrationPolicy that are not labels alone; a jsonpatch annotation that is malformed, or that HCO refuses: with a path that is not below `/spec/`, or a `test` that fails',
  rationale:
    'The CRD has no minimum for any of these settings and its bandwidth pattern takes a minus sign and the milli suffix. Such values pass the API server and then fail every migration, or mean the opposite of what was meant.',
  source:
    'kubevirt/hyperconverged-cluster-operator deploy/crds/hco00.crd.yaml; kubevirt QuantityToMebiByte',
  remedy: 'Write a value of the right type and range.',
  waivable: false,
  kinds: ['HyperConverged', 'MigrationPolicy'],
  check: ({ kind, invalid, invalidInPolicy, field, override }) => {
    // The settings and the annotation are those of the HyperConverged, which the request leaves alone.
    if (kind === 'MigrationPolicy') return invalidInPolicy.map(ofPolicy)
    const violations = invalid.map(
      ({ name, value, reason }): BareViolation => ({
        field: field(name),
        setting: name,
        value,
        message: `the value ${reason}.`,
        consequence: '',
        fix: `write ${name === null ? 'an object of settings' : EXAMPLES[name]}`,
        identity: `${name} ${show(value)}`,
        bound: null,
      }),
    )
    if (override === null || override.problem === null) return violations
    return [
      ...violations,
      {
        field: annotationPath(JSON_PATCH),
        value: null,
        message: `the patch ${override.problem}.`,
        consequence:
          override.forbidden.length > 0
            ? 'HCO may apply it all the same, and what it does cannot be seen here.'
            : 'HCO cannot apply it and stops reconciling KubeVirt.',
        fix: 'correct the patch, an RFC 6902 array of operations, or remove the annotation',
        identity: `${JSON_PATCH} ${override.text}`,
        bound: null,
      },
    ]
  },
}

function ofPolicy({ field, name, value, reason }: InvalidPolicyValue): BareViolation {
  const inSelectors = field.startsWith('spec.selectors')
  const consequence = inSelectors ? 'The policy would not select what was meant.' : ''
  const example = name === null ? 'an object of settings' : EXAMPLES[name]
  return {
    field,
    setting: name,
    value,
    message: `the value ${reason}.`,
    consequence,
    fix: `write ${inSelectors ? LABELS : example}`,
    identity: `${field} ${show(value)}`,
    bound: null,
  }
}

const LABELS =
  'the labels, with text as values, directly under namespaceSelector or virtualMachineInstanceSelector'

const EXAMPLES = {
  bandwidthPerMigration: `a quantity such as "64Mi", or "${GUIDANCE.bandwidthPerMigration}" for no limit`,
  completionTimeoutPerGiB: `a whole number of seconds, such as ${GUIDANCE.completionTimeoutPerGiB}`,
  parallelMigrationsPerCluster: `a whole number such as ${GUIDANCE.parallelMigrationsPerCluster}`,
  parallelOutboundMigrationsPerNode: `a whole number such as ${GUIDANCE.parallelOutboundMigrationsPerNode}`,
  progressTimeout: `a whole number of seconds, such as ${GUIDANCE.progressTimeout}`,
  network: 'the name of a NetworkAttachmentDefinition',
  allowAutoConverge: 'true or false',
  allowPostCopy: 'true or false',
  allowWorkloadDisruption: 'true or false',
} as const
