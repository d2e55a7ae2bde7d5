import t from 'tap'
import { playAll } from './support/play-all.ts'

// Some 3 s; npm run fuzz plays more.
const RUNS = 1000

t.test('no sequence of requests gets around the guard, and nobody honest is in its way', t => {
  const { failed, report } = playAll(RUNS, undefined)
  t.notOk(failed, report)
  t.end()
})
