// Plays sequences for as long as one wants: npm run fuzz -- --runs 100000 --seed 7
import { parseArgs } from 'node:util'
import { playAll } from './support/play-all.ts'

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '100000' }, seed: { type: 'string' } },
})
const seed = values.seed === undefined ? undefined : Number(values.seed)
const { report, failed } = playAll(Number(values.runs), seed)
console.log(report)
process.exitCode = failed ? 1 : 0
