/**
 * An esbuild plugin: takes Node's own modules as CommonJS would. An ESM import reads every export of a
 * built-in module, and with it the lazy ones: node:http brings all of undici that way, for a WebSocket that
 * nobody uses. By itself that is 11 MiB; in berthd, which has most of it from node:http2 anyway, 3 MiB.
 */
export const lazyBuiltins = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?(http|https|http2|tls|crypto)$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'builtin' } : { path, external: true },
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};
