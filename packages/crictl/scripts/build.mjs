// Builds crictl as small CommonJS files, loads of which are what a command needs, and runs some commands once
// for the code cache (see start.cjs). Berth's other programs live long; this one is over in a moment, most of
// which was reading, compiling and loading modules.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { serveCri } from '@berth/cri/server.ts';
import { build, transform } from 'esbuild';

const here = import.meta.dirname;

/** Commands whose functions are kept compiled. What they share, they share with all others. */
const recorded = [
  ['ps'],
  ['version'],
  ['pods'],
  ['images'],
  ['ps', '-o', 'json'],
  ['inspect', '1'],
  ['help'],
];

/**
 * Of api.ts nearly all commands need a few enums, and pulls with progress the codecs of most messages. A module
 * is never split, so that these get one of their own.
 */
const codecsApart = {
  name: 'codecs-apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/api\.ts$/ }, ({ path, importer, resolveDir }) =>
      importer.endsWith('/image-progress.ts')
        ? { path: join(resolveDir, path), suffix: '?codecs' }
        : undefined,
    );
  },
};

/** Writes crictl.cjs, which runs by itself, and the folder crictl with what it needs into the folder `dist`. */
export async function buildCrictl(dist) {
  const folder = join(dist, 'crictl');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { outputFiles, metafile } = await build({
    metafile: true,
    entryPoints: [join(here, '../src/main.ts')],
    outdir: folder,
    bundle: true,
    write: false,
    // esbuild splits ES modules only; each is made CommonJS below, because Node's ESM loader takes time.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node26',
    // Names too: the memory of a short process is to a good part its source.
    minify: true,
    legalComments: 'linked',
    plugins: [codecsApart],
    logLevel: 'warning',
  });
  for (const { path, text } of outputFiles) {
    const { exports = [] } = metafile.outputs[relative(process.cwd(), path)] ?? {};
    await writeFile(
      join(folder, basename(path)),
      path.endsWith('.js') ? await asCommonJs(text, exports) : text,
    );
  }
  await copyFile(join(here, 'start.cjs'), join(dist, 'crictl.cjs'));
  await recordCodeCache(dist);
}

/** The module as an expression that V8 compiles to a function (see start.cjs). */
async function asCommonJs(text, exports) {
  const { code } = await transform(text, {
    format: 'cjs',
    target: 'node26',
    minify: true,
    // Dynamic imports become calls of require as well.
    supported: { 'dynamic-import': false },
  });
  // Of a CommonJS package esbuild knows no names: as in Node.js they are those of the object that it exports.
  const isPackage = exports.length === 1 && exports[0] === 'default';
  const names = isPackage ? 'const d=module.exports.default;module.exports={...d,default:d};' : '';
  return `(require,module,exports)=>{${code}${names}\n}`;
}

async function recordCodeCache(dist) {
  const socketPath = join(dist, 'record.sock');
  const containers = [{ id: '1', state: 1, createdAt: 1n, metadata: { name: 'a' }, image: { image: 'b' } }];
  const items = [{ id: '1', createdAt: 1n, metadata: { name: 'a' } }];
  const server = await serveCri({
    socketPath,
    runtime: {
      version: async () => ({}),
      listContainers: async () => ({ containers }),
      containerStatus: async () => ({ status: containers[0] }),
      listPodSandbox: async () => ({ items }),
    },
    image: { listImages: async () => ({ images: [{ id: '1', repoTags: ['a:1'], size: 1n }] }) },
  });
  try {
    const recorder = join(here, 'record-code-cache.cjs');
    for (const words of recorded) {
      const args = [recorder, dist, '--runtime-endpoint', socketPath, ...words];
      await promisify(execFile)(process.execPath, args, { env: {} });
    }
  } finally {
    await server.close();
  }
}
