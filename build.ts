// Bundles the program into one file that needs nothing but Node, for the image and the package: node build.ts [FOLDER]
import { chmod } from 'node:fs/promises'
import { build } from 'esbuild'

const file = `${process.argv[2] ?? 'dist'}/migration-guard.js`

await build({
  entryPoints: ['src/main.ts'],
  outfile: file,
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  minify: true,
  // Names stay in stack traces, which is what a crash report is made of.
  keepNames: true,
  legalComments: 'linked',
  // Some dependencies are CommonJS and call require for Node's own modules.
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as createRequire_ } from 'node:module'\nconst require = createRequire_(import.meta.url)",
  },
})
await chmod(file, 0o755)
