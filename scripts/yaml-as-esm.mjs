import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * An esbuild plugin: takes the ES modules of yaml. To Node.js the package gives CommonJS, of whose names a dynamic
 * import in a bundle finds none.
 */
export const yamlAsEsm = {
  name: 'yaml-as-esm',
  setup({ onResolve }) {
    const root = dirname(createRequire(import.meta.url).resolve('yaml/package.json'));
    onResolve({ filter: /^yaml$/ }, () => ({ path: join(root, 'browser/index.js') }));
  },
};
