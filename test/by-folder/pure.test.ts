// What touches no file, clock or network.
import { runFolders } from '../support/run-folders.ts'

// The properties take seconds, and run beside; the others in test/policy read files.
const NOT_HERE = /^(properties-.*|load|watch)\.test\.ts$/

await runFolders(['core', 'policy', 'ways-around', 'yaml'], NOT_HERE)
