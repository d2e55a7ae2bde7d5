import type { Test } from 'tap'
import { createApiClient } from '../../../src/cluster/api-client.ts'
import { watchCluster } from '../../../src/cluster/cluster-facts-source.ts'
import type { Timing } from '../../../src/cluster/timing.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { FakeApiServer } from './fake-api-server.ts'
import { HURRY } from './hurry.ts'

/** Where the kinds are that are watched. */
export const PATHS = {
  definitions: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  hyperConvergeds: '/apis/hco.kubevirt.io/v1/hyperconvergeds',
  networks: '/apis/k8s.cni.cncf.io/v1/network-attachment-definitions',
  namespaces: '/api/v1/namespaces',
  virtualMachines: '/apis/kubevirt.io/v1/virtualmachineinstances',
  policies: '/apis/migrations.kubevirt.io/v1alpha1/migrationpolicies',
} as const

export type Place = keyof typeof PATHS
const PLACES = Object.keys(PATHS) as Place[]

/** A server with every kind but the ones left out. */
export async function startCluster(t: Test, without: readonly Place[] = []) {
  const server = await FakeApiServer.start(t)
  for (const place of PLACES) if (!without.includes(place)) server.collection(PATHS[place])
  return server
}

/** A server and the facts that are drawn from it. */
export async function openFacts(
  t: Test,
  { without = [] as readonly Place[], timing = {} as Partial<Timing>, seed = seedNothing } = {},
) {
  const server = await startCluster(t, without)
  seed(server)
  const lines: string[] = []
  const tell = (line: string) => void lines.push(line)
  const source = watchCluster(createApiClient(server.access), {
    namespace: 'openshift-cnv',
    timing: { ...HURRY, ...timing },
    log: { info: tell, warn: tell },
  })
  t.teardown(source.close)
  return { server, source, lines }
}

function seedNothing(_: FakeApiServer): void {}

/** Puts an object where its kind is. */
export function put(server: FakeApiServer, place: Place, object: JsonObject): void {
  server.collection(PATHS[place]).put(object)
}

/** Something with a name and perhaps a namespace (`namespace/name`) and labels. */
export function named(name: string, labels: Readonly<Record<string, string>> = {}): JsonObject {
  const [first = '', second] = name.split('/')
  const place = second === undefined ? { name: first } : { namespace: first, name: second }
  return { metadata: { ...place, labels } }
}
