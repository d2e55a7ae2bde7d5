import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { ask, keepAlive } from './support/ask.ts'
import { CA, serve } from './support/guard.ts'
import { recordsIn } from './support/records.ts'
import { responseIn } from './support/response.ts'

const FIXTURES = new URL('../fixtures/admission-reviews/', import.meta.url)
const names = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' }).filter(name =>
  name.endsWith('.json'),
)

t.test(
  'every recorded review is answered at every door, and recorded unless it is a dry run',
  async t => {
    const { port, auditFile, stop } = await serve(t)
    const agent = keepAlive(4)
    t.teardown(() => agent.destroy())
    const doors = ['/mutate', '/validate', '/advise']
    const expected: string[] = []
    await Promise.all(
      names.map(async name => {
        const body = readFileSync(new URL(name, FIXTURES))
        const { apiVersion, request } = JSON.parse(body.toString())
        for (const path of doors) {
          const reply = await ask(port, CA, { path, body, agent })
          const response = responseIn(reply.text)
          const { record } = response.auditAnnotations
          t.match(response, { uid: request.uid, apiVersion }, name)
          t.equal(reply.status, 200, name)
          t.equal(record === undefined, request.dryRun === true, `${name} ${path}`)
          if (record !== undefined) expected.push(record)
          t.ok(
            (response.warnings ?? []).every(warning => Buffer.byteLength(warning) <= 256),
            name,
          )
        }
      }),
    )
    await stop()
    const written = recordsIn(auditFile)
      .filter(({ type }) => type === 'decision')
      .map(({ sequence, hash }) => `${sequence}:${hash}`)
    t.same(
      written,
      expected.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)),
    )
    t.ok(names.length >= 36)
  },
)
