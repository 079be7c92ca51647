// The system half of `npm test`: every NAME.system.test.ts beside the code and every suite in test/system,
// one file after another, because they share one kernel. Arguments that are words select files by name:
// `scripts/node scripts/system-tests.ts kill` runs the files with "kill" in their path.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { dirname } from 'node:path';

const root = dirname(import.meta.dirname);
const words = process.argv.slice(2);
const files = globSync(['packages/*/src/**/*.system.test.ts', 'test/system/**/*.test.ts'], { cwd: root })
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();

if (process.getuid?.() !== 0) {
  console.error('The system tests make namespaces, mounts and cgroups: run them as root.');
  process.exit(1);
}
const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-concurrency=1', '--test-timeout=600000', '--test-reporter=spec', ...files],
  { cwd: root, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
