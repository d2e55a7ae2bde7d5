/** One thing that readiness looks at. */
export type Condition = {
  readonly name: string
  readonly state: 'ok' | 'degraded' | 'failed'
  readonly detail: string
}

/** What the operations port says of this replica. */
export type Readiness = { readonly ready: boolean; readonly conditions: readonly Condition[] }

/**
 * Ready as long as no condition has failed. `degraded` is shown and not acted on: a replica with an old policy or a full
 * audit volume still answers, and refuses with a reason what it must; without any replica the API server could only say
 * that the webhook is gone.
 */
export function judgeReadiness(conditions: readonly Condition[]): Readiness {
  return { ready: conditions.every(({ state }) => state !== 'failed'), conditions }
}

const MARKS = { ok: '[+]', degraded: '[!]', failed: '[-]' }

/** The same as lines, in the form of the API server's own `/readyz?verbose`. */
export function readinessText({ ready, conditions }: Readiness): string {
  const lines = conditions.map(
    ({ name, state, detail }) => `${MARKS[state]}${name} ${state}: ${detail}`,
  )
  return `${[...lines, ready ? 'readyz check passed' : 'readyz check failed'].join('\n')}\n`
}

/** The same as JSON, a member for each condition. */
export function readinessJson({ ready, conditions }: Readiness): object {
  const members = conditions.map(({ name, state, detail }) => [name, { state, detail }])
  return { ready, conditions: Object.fromEntries(members) }
}
