import type { Test } from 'tap'
import type { ControlPlane } from '../../../src/control-plane/control-plane.ts'
import { serveJson } from '../../../src/control-plane/json-server.ts'
import { register, type WebhookConfiguration } from '../../../src/try/register-webhooks.ts'

/** The request of an AdmissionReview, as far as tests look into it. */
export type RecordedRequest = {
  readonly uid: string
  readonly operation: string
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string }
  readonly name?: string
  readonly dryRun?: boolean
  readonly userInfo: {
    readonly username: string
    readonly groups?: readonly string[]
    readonly extra?: Readonly<Record<string, readonly string[]>>
  }
  readonly object: unknown
  readonly oldObject: unknown
  /** Path the API server called: which webhook it was. */
  readonly path: string
}

/** A webhook server that allows everything and keeps what it was asked. */
export type Recorder = {
  readonly url: string
  /** From now on answers nobody, as a webhook that is down, or everybody again. */
  down(down: boolean): void
  /** What came since the last call, in order. */
  take(): readonly RecordedRequest[]
}

/** Starts a recorder that ends with the test. */
export async function startRecorder(t: Test, plane: ControlPlane): Promise<Recorder> {
  let requests: RecordedRequest[] = []
  let isDown = false
  const server = await serveJson(plane.certificates, (body, path) => {
    if (isDown) throw new Error('down')
    const { request } = body as { request: RecordedRequest }
    requests.push({ ...request, path })
    const response = { uid: request.uid, allowed: true }
    return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response }
  })
  t.teardown(server.close)
  const take = () => {
    const taken = requests
    requests = []
    return taken
  }
  const down = (wanted: boolean) => {
    isDown = wanted
  }
  return { url: server.url, down, take }
}

/** Starts a recorder that sees every write of a HyperConverged in the version it was made in. */
export async function recordHyperConverged(t: Test, plane: ControlPlane): Promise<Recorder> {
  const recorder = await startRecorder(t, plane)
  await register(plane, recorder.url, [RECORDING])
  return recorder
}

const RECORDING: WebhookConfiguration = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: 'recorder' },
  webhooks: [
    {
      name: 'recorder.e2e.test',
      ...{ admissionReviewVersions: ['v1'], sideEffects: 'None', failurePolicy: 'Fail' },
      matchPolicy: 'Equivalent',
      clientConfig: { service: { path: '/record' } },
      rules: [
        {
          ...{ apiGroups: ['hco.kubevirt.io'], apiVersions: ['v1', 'v1beta1'] },
          ...{ resources: ['hyperconvergeds'], operations: ['CREATE', 'UPDATE', 'DELETE'] },
        },
      ],
    },
  ],
}
