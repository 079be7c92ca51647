/**
 * An esbuild plugin: takes Node's own modules as CommonJS would. An ESM import reads every export of a built-in module, and
 * with it the lazy ones: node:http brings all of undici that way, 11 MiB and 15 ms for a WebSocket that
 * nobody uses.
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
