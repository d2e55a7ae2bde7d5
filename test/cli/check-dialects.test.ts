import t from 'tap'
import { CLEAN, hyperConverged, migrationPolicy } from './support/manifests.ts'
import { reportOf } from './support/run-cli.ts'

const WITH = (line: string) => `${hyperConverged(CLEAN)}    ${line}\n`
const AS = (what: string, read: string, here: string) =>
  `kubectl reads ${what} as ${read} (YAML 1.1), and this check as ${here} (YAML 1.2): `

const READ: readonly (readonly [text: string, note: string | null])[] = [
  [WITH('allowAutoConverge: yes'), `16:5 ${AS('yes', 'true', 'text')}write true`],
  [WITH('allowAutoConverge: Off'), `16:5 ${AS('Off', 'false', 'text')}write false`],
  [WITH('allowAutoConverge: "yes"'), null],
  [WITH('allowAutoConverge: true'), null],
  [WITH('network: on'), `16:5 ${AS('on', 'true', 'text')}put it in quotes`],
  [
    hyperConverged(CLEAN).replace('imeout: 150', 'imeout: 0226'),
    `14:5 ${AS('0226', '150', '226')}write 150`,
  ],
  [hyperConverged(CLEAN).replace('imeout: 150', 'imeout: 07'), null],
  [
    hyperConverged(CLEAN).replace('imeout: 150', 'imeout: 1_50'),
    `14:5 ${AS('1_50', '150', 'text')}write 150`,
  ],
  [
    hyperConverged(CLEAN)
      .replace('imeout: 150', 'imeout: *time')
      .replace('metadata:', 'x: &time 0226\nmetadata:'),
    `15:5 ${AS('0226', '150', '226')}write 150`,
  ],
  [
    migrationPolicy('p', {}).replace('database', 'yes'),
    `8:7 ${AS('yes', 'true', 'text')}put it in quotes`,
  ],
  [migrationPolicy('p', {}).replace('database', '"yes"'), null],
]

t.test('what kubectl reads as something else is noted where it stands', async t => {
  for (const [text, expected] of READ) {
    const { report } = await reportOf(t, { 'a.yaml': text }, ['a.yaml'])
    const notes = report.objects[0].notes
      .filter(({ level }: { level: string }) => level === 'warning')
      .map(
        ({ place, text: note }: { place: { line: number; column: number }; text: string }) =>
          `${place.line}:${place.column} ${note}`,
      )
    t.same(notes, expected === null ? [] : [expected], text)
  }
})
