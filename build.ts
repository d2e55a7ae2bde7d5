// Bundles the program into one file, dist/migration-guard.js, which needs nothing but Node: for the image and the npm package.
import { chmod, readFile } from 'node:fs/promises'
import { build } from 'esbuild'

const { version } = JSON.parse(await readFile(new URL('./package.json', import.meta.url), 'utf8'))

await build({
  entryPoints: ['src/main.ts'],
  outfile: 'dist/migration-guard.js',
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  minify: true,
  // Names stay in stack traces, which is what a crash report is made of.
  keepNames: true,
  legalComments: 'linked',
  define: { 'process.env.MIGRATION_GUARD_VERSION': JSON.stringify(version) },
  // Some dependencies are CommonJS and call require for Node's own modules.
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as createRequire_ } from 'node:module'\nconst require = createRequire_(import.meta.url)",
  },
})
await chmod('dist/migration-guard.js', 0o755)
