// Bundles the four commands and their worker threads into dist/. Unbundled, @grpc/grpc-js alone
// costs 60 ms at every start. crictl, whose processes live for a moment, is made an executable by
// Bun as well, which bin/crictl prefers.

import { existsSync, globSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compileCrictl } from '../packages/crictl/scripts/compile.mjs';
import { exporterAsCommonJs } from './exporter-as-commonjs.mjs';
import { lazyBuiltins } from './lazy-builtins.mjs';
import { promClientParts } from './prom-client-parts.mjs';
import { starter } from './starter.mjs';
import { yamlAsEsm } from './yaml-as-esm.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');

const commands = Object.entries({
  berth: 'packages/berth/src/main.ts',
  berthd: 'packages/runtime/src/main.ts',
  crictl: 'packages/crictl/src/main.ts',
  kubelet: 'packages/kubelet/src/main.ts',
}).filter(([, source]) => existsSync(join(root, source)));

// A worker thread is its own entry point; its file name ends in -worker.ts (see linux/src/worker-url.ts).
const workers = globSync('packages/*/src/**/*-worker.ts', { cwd: root });

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: [
    ...commands.map(([name, source]) => ({ in: source, out: `${name}.main` })),
    ...workers.map((source) => ({ in: source, out: basename(source, '.ts') })),
  ],
  outdir: dist,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node26',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'linked',
  // grpc-js asks for the loader, and protobufjs with it, only in services that nobody here has.
  external: ['koffi', '@grpc/proto-loader'],
  plugins: [lazyBuiltins, exporterAsCommonJs, promClientParts, yamlAsEsm],
  chunkNames: 'chunk-[hash]',
  // CommonJS dependencies (grpc-js) call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
for (const [name] of commands) {
  await writeFile(join(dist, `${name}.mjs`), starter(name, './cache'));
}
const obstacle = await compileCrictl(root, join(dist, 'crictl'));
if (obstacle !== undefined) console.log(`crictl will run on Node.js, which starts slower: ${obstacle}`);
