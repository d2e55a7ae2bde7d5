// A tap reporter that prints failures as they come and closes with one line: N passed, N failed.
import { Duplex } from 'node:stream'
import { Parser } from 'tap-parser'

export default class Tally extends Duplex {
  #passed = 0
  #failed = 0
  #skipped = 0
  #parser = new Parser(() => this.#close())

  constructor() {
    super({ allowHalfOpen: true })
    this.#parser.on('result', result => this.#count(result))
  }

  #count({ ok, skip, todo, fullname, name, diag }) {
    if (skip || todo) {
      this.#skipped++
      this.push(`SKIP ${fullname} > ${name}\n`)
    } else if (ok) this.#passed++
    else {
      this.#failed++
      this.push(`FAIL ${fullname} > ${name}\n${diag ? `${JSON.stringify(diag, null, 2)}\n` : ''}`)
    }
  }

  _read() {}

  _write(chunk, _encoding, done) {
    this.#parser.write(chunk)
    done()
  }

  _final(done) {
    this.#parser.end()
    done()
  }

  #close() {
    const skipped = this.#skipped ? `, ${this.#skipped} skipped` : ''
    this.push(`\n${this.#passed} passed, ${this.#failed} failed${skipped}\n`)
    this.push(null)
  }
}
