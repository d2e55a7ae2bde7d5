import t from 'tap'
import { checkIn } from './support/run-cli.ts'

const ESCAPE = '\u001b'

// Whoever writes a manifest must not be able to write a workflow command, an element or a terminal control of theirs.
t.test('names, values and texts from manifests are escaped in every format', async t => {
  const evil = `apiVersion: hco.kubevirt.io/v1beta1
kind: HyperConverged
metadata:
  name: "a,b:c%0A\\n::error::x\\e[2J<&\\"'>]]>"
spec:
  liveMigrationConfig:
    network: "\\n::error::%25 \\e[2J <b>&\\u202e"
`
  const files = { 'a, b: 100%.yaml': evil, 'c.yaml': '::error::\\e: [' }
  const github = (await checkIn(t, files, ['.', '-o', 'github'])).out
  const lines = github.trim().split('\n')
  t.equal(lines.length, 3)
  for (const line of lines.slice(0, -2))
    t.match(line, /^::error file=a%2C b%3A 100%25\.yaml,line=\d+,col=\d+,title=[^:]*::/)
  const junit = (await checkIn(t, files, ['.', '-o', 'junit'])).out
  t.notMatch(
    junit.replaceAll(/<\/?(testsuites?|testcase|failure|error|system-out|\?xml)\b/g, ''),
    '<',
  )
  t.notMatch(junit, '<b>')
  t.notMatch(junit, /&(?!amp;|lt;|gt;|quot;)/)
  for (const format of ['table', 'github', 'junit', 'sarif', 'json']) {
    const { out } = await checkIn(t, files, ['.', '-o', format])
    t.notOk(out.includes(ESCAPE), format)
    // Programs get what is written; people must not see it act.
    t.equal(out.includes('\u202e'), format === 'json', format)
  }
})
