/**
 * The module that starts a bundled command: it only turns on V8's compile cache and then imports the bundle, because
 * the cache serves just what is loaded after it is on. `cache` is the folder of the cache, from the module's own.
 */
export function starter(name, cache) {
  // Who can write to the cache decides what root runs: its directory is closed to others whatever the umask.
  return `import { enableCompileCache } from 'node:module';
const umask = process.umask(0o022);
enableCompileCache(new URL('${cache}', import.meta.url).pathname);
process.umask(umask);
await import('./${name}.main.mjs');
`;
}
