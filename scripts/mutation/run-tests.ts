import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { nobody } from './copy-of-tree.ts';

export type Verdict = 'passed' | 'failed' | 'timeout';

// An endless loop ends by its processor time, which does not depend on what else the machine does; waiting for ever
// ends by the clock.
const cpuSeconds = 30;
const wallMs = 120_000;

/** Runs test files of the copy, all in one process, with no more than mutants are to have. */
export function runTests(
  tree: string,
  files: readonly string[],
  { coverage }: { readonly coverage?: string } = {},
): Promise<{ readonly verdict: Verdict; readonly output: string }> {
  const base = dirname(tree);
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: join(base, 'home'),
    TMPDIR: join(base, 'tmp'),
    // V8's counts are exact only for code that no cache brought.
    ...(coverage ? { NODE_V8_COVERAGE: coverage } : { NODE_COMPILE_CACHE: join(base, 'cache') }),
  };
  const test = [process.execPath, '--max-old-space-size=1024', '--test', '--test-isolation=none', ...files];
  const limits = `ulimit -t ${cpuSeconds} -f 524288 -c 0; exec "$@"`;
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', limits, 'mutant', ...test], {
      cwd: tree,
      env,
      ...nobody,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const endAll = () => {
      try {
        process.kill(-(child.pid ?? 0), 'SIGKILL');
      } catch {
        // The group has ended already.
      }
    };
    let output = '';
    const keep = (chunk: Buffer) => {
      if (output.length < 1 << 20) output += chunk;
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      endAll();
    }, wallMs);
    child.on('error', reject);
    child.on('exit', endAll);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const timeout = late || signal === 'SIGXCPU' || signal === 'SIGKILL';
      resolve({ verdict: timeout ? 'timeout' : code === 0 ? 'passed' : 'failed', output });
    });
  });
}
