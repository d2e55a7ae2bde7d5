// The commands.
import { runFolders } from '../support/run-folders.ts'

await runFolders('cli')
