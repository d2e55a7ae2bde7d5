// Certificates, issued and followed.
import { runFolders } from '../support/run-folders.ts'

await runFolders('certificates')
