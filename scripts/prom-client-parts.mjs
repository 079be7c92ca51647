/**
 * An esbuild plugin: takes of prom-client what counts and prints. Its entry point loads its default metrics, and
 * with them @opentelemetry/api, and its summaries as well, none of which berthd uses.
 */
export const promClientParts = {
  name: 'prom-client-parts',
  setup({ onResolve, onLoad, resolve }) {
    onResolve({ filter: /^prom-client$/ }, async ({ path, resolveDir, kind, pluginData }) =>
      pluginData === 'whole'
        ? undefined
        : {
            ...(await resolve(path, { resolveDir, kind, pluginData: 'whole' })),
            namespace: 'prom-client-parts',
          },
    );
    onLoad({ filter: /.*/, namespace: 'prom-client-parts' }, ({ path }) => ({
      resolveDir: path.replace(/\/[^/]*$/, ''),
      contents: ['Counter', 'Gauge', 'Histogram', 'Registry']
        .map((name) => `exports.${name} = require('./lib/${name.toLowerCase()}.js');`)
        .join('\n'),
    }));
  },
};
