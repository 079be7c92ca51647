// Runs the unit tests that sit beside the code: every NAME.test.ts in packages, bench, scripts and the suites in test,
// but NAME.system.test.ts, which need root and the real tools and belong to `npm test` (scripts/system-tests.ts). Two
// processes share them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';

const root = dirname(import.meta.dirname);
const files = globSync(
  [
    'packages/*/src/**/*.test.ts',
    'test/{compare-kubelet,conformance,crictl,parity,soak}/**/*.test.ts',
    'bench/*.test.ts',
    'scripts/**/*.test.ts',
    'docs/*.test.ts',
  ],
  {
    cwd: root,
  },
)
  .filter((file) => !file.endsWith('.system.test.ts'))
  .sort();
// A process for each file would take most of its time to start and to load what the others load as well.
const halves = [0, 1].map((rest) => files.filter((_, index) => index % 2 === rest));
const codes = await Promise.all(
  halves.map(async (half) => {
    const args = [
      '--test',
      '--test-isolation=none',
      '--test-reporter=dot',
      ...process.argv.slice(2),
      ...half,
    ];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    process.stdout.write(output);
    return code;
  }),
);
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
