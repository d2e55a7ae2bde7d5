import { mock } from 'node:test'
import t from 'tap'
import { Backoff, Pause } from '../../src/cluster/backoff.ts'
import { SurveySchedule } from '../../src/cluster/survey-schedule.ts'
import { until } from './support/hurry.ts'

t.test('waits double up to the longest, and begin anew after a reset', t => {
  const backoff = new Backoff({ baseMs: 250, maxMs: 30_000, random: () => 1 })
  const waits = Array.from({ length: 9 }, () => backoff.next())
  t.same(waits, [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
  backoff.reset()
  t.equal(backoff.next(), 250)
  t.end()
})

t.test('half of a wait is left to chance, and no number of failures is too large', t => {
  const backoff = new Backoff({ baseMs: 250, maxMs: 30_000, random: () => 0 })
  t.equal(backoff.next(), 125)
  for (let count = 0; count < 2000; count++) backoff.next()
  t.equal(backoff.next(), 15_000)
  t.end()
})

t.test('a pause ends by itself or early, and ending none does nothing', async t => {
  const pause = new Pause()
  pause.end()
  await pause.wait(5)
  const start = performance.now()
  const long = pause.wait(60_000)
  pause.end()
  await long
  t.ok(performance.now() - start < 1000)
})

// A clock on which work takes the given time.
function scheduled(workMs: number) {
  let time = 0
  let done = 0
  const work = () => {
    done++
    time += workMs
  }
  return { schedule: new SurveySchedule({ work, clock: () => time }), done: () => done }
}

t.test('a burst of changes is one piece of work', async t => {
  const { schedule, done } = scheduled(1)
  for (let count = 0; count < 100; count++) schedule.request()
  await until(() => done() > 0)
  t.equal(done(), 1)
})

t.test('work done at once takes what was asked for with it', async t => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const { schedule, done } = scheduled(0)
  schedule.request()
  schedule.run()
  mock.timers.tick(60_000)
  mock.timers.reset()
  t.equal(done(), 1)
})

t.test('the longer the work took, the longer the rest, up to half a second', async t => {
  for (const [workMs, least, most] of [
    [10, 80, 300],
    [10_000, 490, 900],
  ] as const) {
    const { schedule, done } = scheduled(workMs)
    schedule.run()
    const start = performance.now()
    schedule.request()
    await until(() => done() === 2)
    const waited = performance.now() - start
    t.ok(waited >= least && waited <= most, `${waited} ms`)
  }
})
