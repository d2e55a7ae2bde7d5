// `npm run deploy:check`: renders everything in manifests/ and says what is wrong with it, without a cluster.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder } from '../../src/control-plane/binaries.ts'
import { BUILDS, render } from './builds.ts'
import { problemsOf } from './problems.ts'

const NO_KUBECTL = `No kubectl was found: it has kustomize built in, which renders the manifests.
Install kubectl (https://kubernetes.io/docs/tasks/tools/) or oc, so that it is on the PATH; or set KUBEBUILDER_ASSETS to a
folder that holds one; or run "npm run control-plane" once, which builds one.
`

async function main(env: NodeJS.ProcessEnv): Promise<number> {
  const kubectl = findKubectl(env)
  if (kubectl === undefined) {
    process.stderr.write(NO_KUBECTL)
    return 1
  }
  const dir = mkdtempSync(join(tmpdir(), 'deploy-check-'))
  let failed = 0
  try {
    for (const build of BUILDS) {
      const problems = await check(kubectl, dir, build)
      for (const problem of problems) process.stderr.write(`${build.name}: ${problem}\n`)
      if (problems.length > 0) failed++
      else process.stdout.write(`ok  ${build.name}\n`)
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
  return failed === 0 ? 0 : 1
}

async function check(kubectl: string, dir: string, build: (typeof BUILDS)[number]) {
  try {
    return problemsOf(await render({ kubectl, dir }, build))
  } catch (error) {
    return [(error as Error).message.trim()]
  }
}

/** In the folder that tests take their programs from, on the PATH, or among those that were built. */
function findKubectl(env: NodeJS.ProcessEnv): string | undefined {
  const { KUBEBUILDER_ASSETS: assets } = env
  const runs = (name: string) => spawnSync(name, ['kustomize', '--help'], { env }).status === 0
  return (
    (assets ? executable(join(assets, 'kubectl')) : undefined) ??
    ['kubectl', 'oc'].find(runs) ??
    executable(join(cacheFolder(env), 'kubectl'))
  )
}

function executable(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK)
    return path
  } catch {
    return undefined
  }
}

process.exitCode = await main(process.env)
