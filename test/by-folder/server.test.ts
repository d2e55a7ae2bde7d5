// The server.
import { runFolders } from '../support/run-folders.ts'

await runFolders('server')
