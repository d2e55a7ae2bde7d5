// The log.
import { runFolders } from '../support/run-folders.ts'

await runFolders('audit')
