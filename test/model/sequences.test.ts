import t from 'tap'
import { playAll } from './support/play-all.ts'

// The same ones each time, some 3 s; npm run fuzz plays others, and more.
const RUNS = 1000
const SEED = 11

t.test('no sequence of requests gets around the guard, and nobody honest is in its way', t => {
  const { failed, report } = playAll(RUNS, SEED)
  t.notOk(failed, report)
  t.end()
})
