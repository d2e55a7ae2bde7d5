// What hardly touches a file, the clock or the network.
import { runFolders } from '../support/run-folders.ts'

await runFolders('core', 'policy', 'ways-around', 'yaml')
