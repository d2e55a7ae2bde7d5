import { SUBDOMAIN } from '../core/facts/dns-name.ts'
import { NETWORK_REFERENCE } from '../core/facts/migration-network.ts'
import { DEFAULT_POLICY } from '../core/policy.ts'
import { HCO_VERSION } from '../core/settings/hco-version.ts'
import { DURATION_PATTERN } from './duration.ts'
import { type JsonSchema, RULES_SCHEMA } from './rule-schema.ts'

/** What a policy file must begin with. */
export const API_VERSION = 'migration-guard.io/v1alpha1'
export const KIND = 'MigrationGuardPolicy'

const TEXTS: JsonSchema = { type: 'object', additionalProperties: { type: 'string' } }

function section(description: string, properties: JsonSchema): JsonSchema {
  return { description, type: 'object', additionalProperties: false, properties }
}

function choice(title: string, description: string, values: readonly string[]): JsonSchema {
  return { title, description, enum: values }
}

// Draft-07, because it is the newest draft that the YAML and JSON language servers of editors implement in full, and
// nothing here needs a later one. `patternErrorMessage` is their keyword; explain-errors.ts speaks the same words.
/** The JSON Schema of a policy file; published as schema/migration-guard-policy.schema.json. */
export const POLICY_SCHEMA: JsonSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: KIND,
  description: 'What the administrator of the platform decides about live migration settings.',
  type: 'object',
  additionalProperties: false,
  required: ['apiVersion', 'kind'],
  properties: {
    apiVersion: { description: 'Version of this format.', const: API_VERSION },
    kind: { description: 'Kind of this file.', const: KIND },
    metadata: section('For people and tools; the guard does not read it.', {
      name: { description: 'A name for the policy.', type: 'string' },
      labels: { description: 'Labels, all text.', ...TEXTS },
      annotations: { description: 'Annotations, all text.', ...TEXTS },
    }),
    hcoVersion: {
      description:
        'Version of the HyperConverged operator whose stock defaults apply when no CRD can be read; one of OpenShift Virtualization, 4.8 or later, stands for the operator in it (4.22 has 1.18). In quotes: without, YAML reads 1.20 as the number 1.2.',
      type: 'string',
      pattern: HCO_VERSION,
      patternErrorMessage:
        'is not a version such as "1.20", or "4.22" of OpenShift Virtualization (4.8 or later)',
      examples: ['1.20', '4.22'],
    },
    profile: choice(
      'profile',
      'Declares whether heavy workloads run here. Left out: from the annotation on the HyperConverged, else from the VMs that run, else `heavy` is assumed.',
      ['heavy', 'standard'],
    ),
    data: choice(
      'declaration',
      '`critical` declares critical data for the whole cluster, so that nobody who edits the HyperConverged can take it back. Left out: from annotation and labels.',
      ['critical'],
    ),
    filling: {
      ...choice(
        'mode',
        '`fill` writes the heavy-workload guidance into fields the user left open, `suggest` only shows it, `off` does neither. Default: fill.',
        ['fill', 'suggest', 'off'],
      ),
      default: DEFAULT_POLICY.filling,
    },
    rules: RULES_SCHEMA,
    networks: section('What is known of the networks that migrations use.', {
      podNetwork: choice(
        'stability',
        'The pod network, which carries migrations when no migration network is set. Left out: stable, unless the HyperConverged is annotated otherwise.',
        ['stable', 'unstable'],
      ),
      unstable: {
        description:
          'Networks on which post copy is not allowed, as `name` (in the namespace of the HyperConverged) or `namespace/name` of a NetworkAttachmentDefinition. Default: none.',
        type: 'array',
        uniqueItems: true,
        items: {
          type: 'string',
          pattern: `^${NETWORK_REFERENCE}$`,
          patternErrorMessage:
            'is not [namespace/]name of a NetworkAttachmentDefinition that migrations can use (lower-case letters, digits and "-")',
        },
        default: DEFAULT_POLICY.networks.unstable,
        examples: [['openshift-cnv/wan-link']],
      },
    }),
    linkBandwidth: {
      description:
        'Bytes per second of the link that the migrations of a node share, as a quantity: 1250M is a 10 Gbit/s link. Left out: bandwidth-oversubscribed does not look.',
      type: ['string', 'integer'],
      examples: ['1250M', '3125M'],
    },
    heavy: section('Which VMs count as heavy.', {
      instancetypes: {
        description:
          'Names of instance types; `*` stands for any run of characters. Replaces the default list. Default: m1.*, cx1.*, rt1.*.',
        type: 'array',
        uniqueItems: true,
        items: {
          type: 'string',
          pattern: '^[a-z0-9*](?:[-a-z0-9.*]{0,251}[a-z0-9*])?$',
          patternErrorMessage:
            'is not the name of an instance type (lower-case letters, digits, "-", "." and "*")',
        },
        default: DEFAULT_POLICY.heavy.instancetypes,
      },
    }),
    exceptions: section('Exceptions that annotations grant.', {
      maxDuration: {
        description:
          'How far ahead an exception may expire: days, hours, minutes, seconds, such as 720h, 30d or 1d12h. Default: 720h.',
        type: 'string',
        pattern: DURATION_PATTERN,
        patternErrorMessage: 'is not a duration such as 720h, 30d or 1h30m',
        default: '720h',
      },
      onExpiry: {
        ...choice(
          'action',
          'What follows for a violation whose exception has expired when guarded settings change: `warn`, or `deny` unless the change improves it. Default: warn.',
          ['warn', 'deny'],
        ),
        default: DEFAULT_POLICY.exceptions.onExpiry,
      },
    }),
    operator: section('The operator that owns the HyperConverged.', {
      serviceAccount: {
        description: `Name of the operator's service account; its own writes are not judged. Default: ${DEFAULT_POLICY.operator.serviceAccount}.`,
        type: 'string',
        pattern: `^${SUBDOMAIN}$`,
        maxLength: 253,
        patternErrorMessage: 'is not the name of a service account (the name alone, no namespace)',
        default: DEFAULT_POLICY.operator.serviceAccount,
      },
    }),
    audit: section('The audit log.', {
      onFailure: {
        ...choice(
          'action',
          'When a decision cannot be recorded: `deny` refuses the request unless it only repairs, `allow` lets it pass. Default: deny.',
          ['deny', 'allow'],
        ),
        default: DEFAULT_POLICY.audit.onFailure,
      },
    }),
  },
}

/** The published file, to the byte. */
export function policySchemaText(): string {
  return `${JSON.stringify(POLICY_SCHEMA, null, 2)}\n`
}
