import type { Test } from 'tap'
import { createApiClient } from '../../../src/cluster/api-client.ts'
import { Reflector, type ReflectorStatus } from '../../../src/cluster/reflector.ts'
import type { Resource } from '../../../src/cluster/resource.ts'
import { TIMING, type Timing } from '../../../src/cluster/timing.ts'
import { labelsOf } from '../../../src/core/annotations.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { FakeApiServer } from './fake-api-server.ts'
import type { Collection } from './fake-collection.ts'
import { HURRY, until } from './hurry.ts'

export const THINGS = '/apis/example.com/v1/things'

/** A kind of which one label is kept. */
export const THING: Resource<string> = {
  kind: 'Thing',
  paths: [THINGS],
  metadataOnly: true,
  optional: true,
  project: object => labelsOf(object).color ?? 'none',
  same: (left, right) => left === right,
}

/** An object of that kind. */
export function thing(name: string, color = 'red'): JsonObject {
  return { kind: 'Thing', metadata: { name, namespace: 'a', labels: { color } }, spec: { big: 1 } }
}

export type Following = {
  readonly server: FakeApiServer
  readonly things: Collection
  readonly reflector: Reflector<string>
  /** What was told of, in order. */
  readonly told: ReflectorStatus[]
  readonly changes: () => number
  /** What is kept, as an object. */
  readonly kept: () => Readonly<Record<string, string>> | null
}

/** A server with things and a reflector that follows them. */
export async function follow(
  t: Test,
  { names = ['one', 'two'], timing = {}, resource = THING, before = (_: FakeApiServer) => {} } = {},
): Promise<Following> {
  const server = await FakeApiServer.start(t)
  const things = server.collection(THINGS)
  for (const name of names) things.put(thing(name))
  before(server)
  const following = start(t, server, resource, timing)
  return { server, things, ...following }
}

/** A reflector on a server. */
export function start(
  t: Test,
  server: FakeApiServer,
  resource: Resource<string>,
  timing: Partial<Timing> = {},
): Omit<Following, 'server' | 'things'> {
  const told: ReflectorStatus[] = []
  let changes = 0
  const api = createApiClient(server.access)
  const reflector = new Reflector(resource, {
    api,
    timing: { ...TIMING, ...HURRY, ...timing },
    onChange: () => changes++,
    onState: status => told.push(status),
  })
  t.teardown(async () => {
    await reflector.stop()
    api.close()
  })
  const kept = () => reflector.objects && Object.fromEntries(reflector.objects)
  return { reflector, told, changes: () => changes, kept }
}

/** Waits until the reflector has listed and watches. */
export async function settled({ reflector, things }: Following): Promise<void> {
  await until(() => reflector.status.synced && reflector.status.problem === null)
  await until(() => things.watching === 1)
}
