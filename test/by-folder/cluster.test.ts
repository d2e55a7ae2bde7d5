// What is known of a cluster, from one and from files.
import { runFolders } from '../support/run-folders.ts'

await runFolders('cluster', 'control-plane', 'facts')
