import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { IssuedCertificates } from '../../certs/issue.ts'
import { type ApiRequest, apiRequester } from './api-request.ts'
import { onFreePort } from './free-port.ts'
import type { Keeper } from './keep.ts'
import { type Program, startProgram, untilReady } from './program.ts'

/** A user who shows a token; groups as the API server will see them. */
export type TokenUser = {
  readonly name: string
  readonly token: string
  readonly groups: readonly string[]
}

export type ApiServerOptions = {
  readonly path: string
  readonly keeper: Keeper
  readonly etcdUrl: string
  readonly certificates: IssuedCertificates
  /** The first one must be a cluster administrator: it asks for readiness. */
  readonly users: readonly [TokenUser, ...TokenUser[]]
  readonly flags?: readonly string[]
}

/** A running kube-apiserver. */
export type ApiServer = {
  readonly url: string
  readonly auditLog: string
  readonly request: ApiRequest
  program(): Program
  /** Stops it with the signal and starts it on the same port; `meanwhile` runs while it is down. */
  restart(signal?: NodeJS.Signals, meanwhile?: () => Promise<void>): Promise<void>
}

/** Starts kube-apiserver on 127.0.0.1 and waits until it is ready. */
export function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const files = writeFiles(options)
  return onFreePort(async port => {
    const url = `https://localhost:${port}`
    const { certificates, users } = options
    const request = apiRequester(url, certificates.ca.certificate, users[0].token)
    const start = () => startOn(port, options, files, request)
    let program = await start()
    return {
      url,
      auditLog: files.auditLog,
      request,
      program: () => program,
      restart: async (signal, meanwhile) => {
        await program.stop(signal)
        await meanwhile?.()
        program = await start()
      },
    }
  })
}

type Files = ReturnType<typeof writeFiles>

async function startOn(
  port: number,
  { path, keeper, etcdUrl, flags = [] }: ApiServerOptions,
  files: Files,
  request: ApiRequest,
): Promise<Program> {
  const args = [...commandLine(port, etcdUrl, files), ...flags]
  const program = startProgram({ name: 'kube-apiserver', path, args, keeper })
  try {
    await untilReady(program, async () => (await request('GET', '/readyz')).status === 200)
  } catch (error) {
    await program.stop('SIGKILL')
    throw error
  }
  return program
}

function commandLine(port: number, etcdUrl: string, files: Files): readonly string[] {
  return [
    `--etcd-servers=${etcdUrl}`,
    '--bind-address=127.0.0.1',
    // Else it looks for the address of the default route, which a machine without network has not.
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--tls-cert-file=${files.certificate}`,
    `--tls-private-key-file=${files.key}`,
    `--client-ca-file=${files.ca}`,
    `--token-auth-file=${files.tokens}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.0.0.0/24',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${files.serviceAccountPublic}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    `--audit-policy-file=${files.auditPolicy}`,
    `--audit-log-path=${files.auditLog}`,
    '--allow-privileged=true',
  ]
}

// Every request of a person or a program, but not the server's talk with itself.
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'None', users: ['system:apiserver'] },
    { level: 'None', nonResourceURLs: ['/readyz*', '/livez*', '/openapi*', '/metrics'] },
    { level: 'Metadata' },
  ],
}

function writeFiles({ keeper, certificates, users }: ApiServerOptions) {
  const write = (name: string, text: string) => {
    const path = join(keeper.dir, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  const serviceAccount = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  return {
    ca: write('ca.crt', certificates.ca.certificate),
    certificate: write('tls.crt', certificates.server.certificate),
    key: write('tls.key', certificates.server.key),
    serviceAccountKey: write('service-account.key', serviceAccount.privateKey),
    serviceAccountPublic: write('service-account.pub', serviceAccount.publicKey),
    tokens: write('tokens.csv', users.map(tokenRow).join('')),
    auditPolicy: write('audit-policy.json', JSON.stringify(AUDIT_POLICY)),
    auditLog: join(keeper.dir, 'audit.log'),
  }
}

function tokenRow({ name, token, groups }: TokenUser): string {
  return `${token},${name},${name},"${groups.join(',')}"\n`
}
