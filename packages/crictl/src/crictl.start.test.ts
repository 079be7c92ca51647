// What a short command loads is what its start costs.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';

/** Modules of Node's that cost next to nothing; node:tty takes Bun 2 ms of 10, node:net 3, streams more. */
const light = new Set(['node:fs', 'node:path']);

test('ps and version load no module of Node that takes long, and no library but the codecs', async () => {
  for (const entry of ['main.ts', 'app/app.ts', 'commands/ps.ts', 'commands/version.ts']) {
    const { metafile } = await build({
      entryPoints: [join(import.meta.dirname, entry)],
      outdir: '/nowhere',
      bundle: true,
      // What is imported dynamically becomes files of its own.
      splitting: true,
      format: 'esm',
      platform: 'node',
      write: false,
      metafile: true,
    });
    const entryOutput = Object.entries(metafile.outputs).find(([, { entryPoint }]) =>
      entryPoint?.endsWith(entry),
    );
    const loaded = new Set([entryOutput?.[0]]);
    for (const path of loaded) {
      for (const { path: imported, kind } of metafile.outputs[path ?? '']?.imports ?? []) {
        if (kind !== 'dynamic-import') loaded.add(imported);
      }
    }
    const modules = [...loaded].filter((path) => path?.startsWith('node:') && !light.has(path));
    assert.deepEqual(modules, [], entry);
    const libraries = [...loaded].flatMap((path) =>
      Object.keys(metafile.outputs[path ?? '']?.inputs ?? {}).filter(
        (input) => input.includes('node_modules/') && !input.includes('node_modules/@bufbuild/protobuf/'),
      ),
    );
    assert.deepEqual(libraries, [], entry);
  }
});
