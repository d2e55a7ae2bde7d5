/** The one part of client-node that is used: imported by name, a bundle leaves out its thousand models. */
export { KubeConfig } from '@kubernetes/client-node'
