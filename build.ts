// Bundles the program into a file that needs nothing but Node, for the image and the package: node build.ts [FOLDER]
import { chmod } from 'node:fs/promises'
import { build } from 'esbuild'

const folder = process.argv[2] ?? 'dist'

await build({
  entryPoints: {
    'migration-guard': 'src/main.ts',
    // A process of its own, which `try` starts; the image does without.
    keeper: 'src/control-plane/keeper.ts',
  },
  outdir: folder,
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
await chmod(`${folder}/migration-guard.js`, 0o755)
