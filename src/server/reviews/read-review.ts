import { isUtf8 } from 'node:buffer'
import {
  type Failure,
  type ParsedReview,
  parseAdmissionReview,
} from '../../core/admission-review.ts'
import { printable } from '../../core/json.ts'
import { DEEPEST, isTooDeep } from './nesting.ts'
import { findPoisonousKey } from './poisonous-key.ts'
import type { ReceivedBody } from './receive-body.ts'
import { recoverEnvelope } from './recover-envelope.ts'

/** Reads the body of a request; never throws, and whatever is wrong becomes a failure with the uid if it can be found. */
export function readReview(contentType: string | undefined, body: ReceivedBody): ParsedReview {
  const bytes = body.bytes()
  const failed = (code: Failure['code'], message: string): ParsedReview => ({
    ...recoverEnvelope(bytes),
    request: null,
    failure: { code, message },
  })
  if (body.refusal !== null) return failed(body.refusal.code, body.refusal.message)
  if (!isJson(contentType))
    return failed(415, `the content type is ${stated(contentType)}; expected application/json`)
  if (bytes.length === 0) return failed(400, 'the body is empty; expected an AdmissionReview')
  // The API server always sends UTF-8; anything else would be judged as something that nobody sent.
  if (!isUtf8(bytes)) return failed(400, 'the body is not UTF-8')
  const text = bytes.toString('utf8')
  if (isTooDeep(text)) return failed(400, `the body nests deeper than ${DEEPEST} levels`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return failed(400, `the body is not JSON: ${printable((error as Error).message, 160)}`)
  }
  const poisonous = findPoisonousKey(text, value)
  if (poisonous !== undefined) return failed(400, poisonous)
  return parseAdmissionReview(value)
}

const JSON_TYPE = /^application\/json\s*(;|$)/i

function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && JSON_TYPE.test(contentType.trim())
}

function stated(contentType: string | undefined): string {
  return contentType === undefined ? 'missing' : printable(JSON.stringify(contentType))
}
