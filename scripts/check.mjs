// `npm run check`: types, lint and format, our own rules, unit tests, side by side; prints what failed and exits 1.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules/.bin');
const steps = [
  { name: 'types', argv: [join(bin, 'tsc'), '-p', root] },
  { name: 'lint and format', argv: [join(bin, 'biome'), 'ci', '--error-on-warnings', '.'] },
  {
    name: 'rules of this repository',
    argv: [join(root, 'scripts/node'), join(root, 'scripts/lint/main.ts')],
  },
  {
    name: 'unit tests',
    argv: [join(root, 'scripts/node'), join(root, 'scripts/unit-tests.ts')],
  },
];

/** Runs one step to its end with its output kept apart from the others'. */
function run({ name, argv }) {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(argv[0], argv.slice(1), { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('close', (code) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      resolve({ name, ok: code === 0, seconds, output: Buffer.concat(output).toString() });
    });
  });
}

const results = await Promise.all(steps.map(run));
for (const { name, ok, seconds, output } of results) {
  if (!ok || name === 'unit tests') process.stdout.write(output);
  console.log(`${ok ? ' ok ' : 'FAIL'}  ${name} (${seconds} s)`);
}
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
