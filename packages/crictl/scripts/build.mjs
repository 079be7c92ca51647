// Builds crictl as one CommonJS script and runs its `ps` once for the code cache (see start.cjs). The
// other commands live long; this one is over in a moment, most of which was compiling and loading modules.
import { execFile } from 'node:child_process';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { serveCri } from '@berth/cri/server.ts';
import { build } from 'esbuild';

const here = import.meta.dirname;

/** Writes crictl.cjs, which runs by itself, and the files that it needs into the folder `dist`. */
export async function buildCrictl(dist) {
  await mkdir(dist, { recursive: true });
  await build({
    entryPoints: [{ in: join(here, '../src/main.ts'), out: 'crictl.main' }],
    outdir: dist,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node26',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'linked',
    logLevel: 'warning',
  });
  await copyFile(join(here, 'start.cjs'), join(dist, 'crictl.cjs'));
  await recordCodeCache(dist);
}

/** The functions that `crictl ps` calls are those of every command, but for the command itself. */
async function recordCodeCache(dist) {
  const socketPath = join(dist, 'record.sock');
  const containers = [{ id: '1', state: 1, createdAt: 1n, metadata: { name: 'a' }, image: { image: 'b' } }];
  const server = await serveCri({
    socketPath,
    runtime: { listContainers: async () => ({ containers }) },
    image: {},
  });
  try {
    const recorder = join(here, 'record-code-cache.cjs');
    await promisify(execFile)(process.execPath, [recorder, dist, '--runtime-endpoint', socketPath, 'ps'], {
      env: {},
    });
  } finally {
    await server.close();
  }
}
