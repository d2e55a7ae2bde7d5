import { type Era, hasField } from '../control-plane/crds/eras.ts'
import { preferredVersion } from './seed.ts'

/** A command to try, with what it will come to. */
export type Step = {
  readonly title: string
  /** Arguments of kubectl. */
  readonly args: readonly string[]
  /** What stands before kubectl in the environment. */
  readonly editor?: string
  readonly outcome: StepOutcome
}

/** How a command ends, a text that kubectl prints then, and the same for a person, after "denied: " or "allowed: ". */
export type StepOutcome = {
  readonly verdict: 'allowed' | 'denied'
  readonly prints: string
  readonly because: string
}

/** Files that the steps name, by name. */
export type StepFiles = Readonly<Record<string, string>>

/** What is tried in an era, and the files it takes. */
export type Steps = { readonly steps: readonly Step[]; readonly files: StepFiles }

const OBJECT = ['hyperconverged', 'kubevirt-hyperconverged']

/** Six commands for an era, the last of them an exception; `expires` is a day within the next 30. */
export function stepsFor(era: Era, expires: string): Steps {
  const scene = { era, write: writer(era) }
  const first = SCENES.filter(({ needs }) => needs.every(field => hasField(era, field)))
  const steps = first.slice(0, 5).map(({ step }) => step(scene))
  return {
    steps: [...steps, exceptionStep()],
    files: {
      'protect-critical.yaml': PROTECTING_POLICY,
      'exception.yaml': exceptionPatch(era, expires),
    },
  }
}

type Stage = { readonly era: Era; readonly write: (settings: object) => readonly string[] }
type Scene = { readonly needs: readonly string[]; readonly step: (stage: Stage) => Step }

const SCENES: readonly Scene[] = [
  { needs: [], step: tooMany },
  { needs: ['allowPostCopy'], step: postCopyOverCriticalData },
  { needs: ['allowPostCopy'], step: protectCriticalData },
  { needs: ['allowPostCopy'], step: postCopyBesideIt },
  { needs: ['network', 'allowPostCopy'], step: unstableNetwork },
  // For what had no post copy in its settings yet.
  { needs: [], step: nothingMigrates },
  { needs: [], step: bandwidthOfAByte },
  { needs: [], step: aroundTheSettings },
  { needs: [], step: removed },
]

function tooMany(): Step {
  const change = 's/parallelMigrationsPerCluster: 5/parallelMigrationsPerCluster: 20/'
  return {
    title: '20 migrations at once (without KUBE_EDITOR your own editor opens)',
    editor: `sed -i '${change}'`,
    args: ['edit', ...OBJECT],
    outcome: {
      verdict: 'denied',
      prints: '[parallel-migrations-too-high]',
      because: 'at most 10 are allowed where heavy VMs such as analytics/hana run',
    },
  }
}

function postCopyOverCriticalData({ era, write }: Stage): Step {
  return {
    title: 'post copy for every VM',
    args: write({
      allowPostCopy: true,
      ...(hasField(era, 'allowWorkloadDisruption') && { allowWorkloadDisruption: true }),
    }),
    outcome: {
      verdict: 'denied',
      prints: '[post-copy-critical-data]',
      because: 'databases/ledger holds critical data',
    },
  }
}

function protectCriticalData(): Step {
  return {
    title: 'what the fix line says: a MigrationPolicy against post copy where critical data is',
    args: ['apply', '-f', 'protect-critical.yaml'],
    outcome: {
      verdict: 'allowed',
      prints: 'critical-data created',
      because: 'nothing becomes less safe by it',
    },
  }
}

function postCopyBesideIt(stage: Stage): Step {
  return {
    ...postCopyOverCriticalData(stage),
    title: 'post copy again',
    outcome: {
      verdict: 'allowed',
      prints: 'kubevirt-hyperconverged patched',
      because: 'the policy wins for databases/ledger',
    },
  }
}

function unstableNetwork({ write }: Stage): Step {
  return {
    title: 'migrate over the network that is flagged unstable',
    args: write({ network: 'wireless' }),
    outcome: {
      verdict: 'denied',
      prints: '[post-copy-unstable-network]',
      because: 'post copy is on, and a network that fails would lose the VM',
    },
  }
}

function nothingMigrates({ write }: Stage): Step {
  return {
    title: 'no migrations at all',
    args: write({ parallelMigrationsPerCluster: 0 }),
    outcome: {
      verdict: 'denied',
      prints: '[migrations-disabled]',
      because: 'every drain of a node would hang',
    },
  }
}

function bandwidthOfAByte({ write }: Stage): Step {
  return {
    title: 'a bandwidth with a slip of the pen',
    args: write({ bandwidthPerMigration: '64m' }),
    outcome: {
      verdict: 'denied',
      prints: '[invalid-value]',
      because: '64m is 64 thousandths of a byte, which KubeVirt takes for no limit',
    },
  }
}

function aroundTheSettings(): Step {
  const patch = { op: 'add', path: '/spec/configuration/migrations/parallelMigrationsPerCluster' }
  const annotation = JSON.stringify([{ ...patch, value: 50 }])
  return {
    title: 'the same around the settings, by a patch of what HCO makes of them',
    args: ['annotate', ...OBJECT, `kubevirt.kubevirt.io/jsonpatch=${annotation}`],
    outcome: {
      verdict: 'denied',
      prints: '[parallel-migrations-too-high]',
      because: 'what comes out of the patch is judged as well',
    },
  }
}

function removed({ era }: Stage): Step {
  const path = preferredVersion(era) === 'v1' ? '/spec/virtualization' : '/spec'
  const patch = JSON.stringify([{ op: 'remove', path: `${path}/liveMigrationConfig` }])
  return {
    title: 'remove all settings',
    args: ['patch', ...OBJECT, '--type', 'json', '-p', patch],
    outcome: {
      verdict: 'allowed',
      prints: 'kubevirt-hyperconverged patched',
      because: 'what is removed becomes the default of HCO, which is kept as your wish',
    },
  }
}

function exceptionStep(): Step {
  return {
    title: '20 migrations at once, by an exception for a day (look into the file)',
    args: ['patch', ...OBJECT, '--type', 'merge', '--patch-file', 'exception.yaml'],
    outcome: {
      verdict: 'allowed',
      prints: 'allowed by exception until',
      because:
        'the exception has a reason, an end and a bound, and a cluster administrator may approve it',
    },
  }
}

function writer(era: Era): Stage['write'] {
  return settings => {
    const spec = withSettings(era, settings)
    return ['patch', ...OBJECT, '--type', 'merge', '-p', JSON.stringify({ spec })]
  }
}

function withSettings(era: Era, liveMigrationConfig: object): object {
  return preferredVersion(era) === 'v1'
    ? { virtualization: { liveMigrationConfig } }
    : { liveMigrationConfig }
}

const PROTECTING_POLICY = `apiVersion: migrations.kubevirt.io/v1alpha1
kind: MigrationPolicy
metadata:
  name: critical-data
spec:
  allowPostCopy: false
  selectors:
    namespaceSelector:
      migration-guard.io/data: critical
`

function exceptionPatch(era: Era, expires: string): string {
  const v1 = preferredVersion(era) === 'v1'
  const settings = [
    ...(v1 ? ['virtualization:', '  liveMigrationConfig:'] : ['liveMigrationConfig:']),
    `${v1 ? '    ' : '  '}parallelMigrationsPerCluster: 20`,
  ]
  return `metadata:
  annotations:
    exception.migration-guard.io/parallel-migrations-too-high: |
      reason: data centre move, the heavy VMs are stopped for it
      expires: ${expires}
      bound: {parallelMigrationsPerCluster: 20}
spec:
${settings.map(line => `  ${line}`).join('\n')}
`
}
