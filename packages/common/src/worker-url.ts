/**
 * Where a worker thread's entry file is, whether sources run as they are or bundled: beside the source
 * file `NAME.ts`, or as `dist/NAME.mjs` beside the chunk that the caller was bundled into.
 *
 * @param name file name without extension; it ends in `-worker`
 * @param importer the caller's `import.meta.url`
 */
export function workerUrl(name: string, importer: string): URL {
  return new URL(`./${name}${importer.endsWith('.ts') ? '.ts' : '.mjs'}`, importer);
}
