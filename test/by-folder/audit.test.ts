// The log.
import { runFolders } from '../support/run-folders.ts'

// Properties over whole logs take seconds, and run beside.
await runFolders(['audit'], /^replay\.test\.ts$/)
