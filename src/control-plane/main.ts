// `npm run control-plane`: a real API server with the CRDs of a HyperConverged cluster, until Ctrl-C.
import { parseArgs } from 'node:util'
import { aborted, signalOfTheTerminal } from '../end-signals.ts'
import { folderOf } from './binaries.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { ERAS, type Era } from './crds/eras.ts'
import { installCrds } from './install-crds.ts'
import { ControlPlaneUnavailable } from './unavailable.ts'

const NAMESPACE = 'openshift-cnv'

const HELP = `usage: npm run control-plane -- [--era ${ERAS.join('|')}]

Starts etcd and kube-apiserver on 127.0.0.1 with the CRDs of HCO's era (default ${ERAS.at(-1)}) and
waits. Ctrl-C ends it and removes everything it wrote.
`

/** Runs until a signal: 0 ended as asked, 1 the control plane cannot be had, 3 a wrong option. */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (options === 'help') return print(HELP, 0)
  if (typeof options === 'string') return print(`${options}\n${HELP}`, 3)
  const stop = signalOfTheTerminal()
  try {
    await run(options.era, stop)
    return 0
  } catch (error) {
    if (stop.aborted) return 0
    if (error instanceof ControlPlaneUnavailable) return print(`${error.message}\n`, 1)
    throw error
  }
}

async function run(era: Era, signal: AbortSignal): Promise<void> {
  const start = Date.now()
  const plane = await startControlPlane({ namespace: NAMESPACE, signal })
  try {
    const crds = await installCrds(plane, era)
    await plane.must(['create', 'namespace', NAMESPACE])
    const { body } = await plane.request('GET', '/version')
    const { gitVersion } = body as { gitVersion: string }
    const up = `Kubernetes ${gitVersion} with the CRDs of HCO ${era}, up in ${seconds(start)} s`
    process.stdout.write(welcome(plane, up))
    await aborted(signal)
    await crds.close()
  } finally {
    await plane.stop()
  }
  process.stdout.write('\nended; everything it wrote is gone\n')
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1000).toFixed(1)
}

function welcome({ kubeconfig, binaries }: ControlPlane, up: string): string {
  return `${up}. In another terminal:

  export KUBECONFIG=${kubeconfig}
  export PATH=${folderOf(binaries)}:$PATH

  echo '{"apiVersion":"hco.kubevirt.io/v1beta1","kind":"HyperConverged",
      "metadata":{"name":"kubevirt-hyperconverged"},"spec":{}}' | kubectl create -f -
  kubectl get hyperconverged kubevirt-hyperconverged -o yaml
  kubectl edit hyperconverged kubevirt-hyperconverged
  kubectl auth whoami --as jane --as-group admins     # --as plays any user

Ctrl-C ends it.
`
}

function readOptions(args: readonly string[]): { readonly era: Era } | 'help' | string {
  try {
    const options = { era: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const
    const { values } = parseArgs({ args: [...args], options })
    if (values.help) return 'help'
    const era = ERAS.find(known => known === (values.era ?? ERAS.at(-1)))
    return era ? { era } : `--era ${values.era}: ${ERAS.join(', ')} are known`
  } catch (error) {
    return (error as Error).message
  }
}

function print(text: string, code: number): number {
  ;(code === 0 ? process.stdout : process.stderr).write(text)
  return code
}

process.exitCode = await main(process.argv.slice(2))
