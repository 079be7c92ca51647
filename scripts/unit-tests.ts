// Runs the unit tests that sit beside the code: every NAME.test.ts in packages, bench, scripts and the suites in test,
// but NAME.system.test.ts, which need root and the real tools and belong to `npm test` (scripts/system-tests.ts).
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { dirname } from 'node:path';

const root = dirname(import.meta.dirname);
const files = globSync(
  [
    'packages/*/src/**/*.test.ts',
    'test/{support,conformance,crictl,parity,soak}/**/*.test.ts',
    'bench/*.test.ts',
    'scripts/**/*.test.ts',
  ],
  {
    cwd: root,
  },
).filter((file) => !file.endsWith('.system.test.ts'));
const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-concurrency=2', '--test-reporter=dot', ...process.argv.slice(2), ...files.sort()],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;
