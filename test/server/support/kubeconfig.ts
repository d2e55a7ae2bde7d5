import { writeFileSync } from 'node:fs'

/** Writes a kubeconfig that leads to a server, and returns its path. */
export function kubeconfigIn(dir: string, server: string): string {
  const path = `${dir}/kubeconfig`
  const name = 'fake'
  writeFileSync(
    path,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': name,
      clusters: [{ name, cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name, user: { token: 'secret' } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
    }),
  )
  return path
}
