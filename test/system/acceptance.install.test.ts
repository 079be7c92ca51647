// `npm install -g --ignore-scripts .` puts the four commands on the PATH, needs no network, and leaves the checkout
// as it is.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkout, scratchDir } from '@berth/test-support/scratch.ts';

test('npm install -g of the checkout puts the commands on the PATH', () => {
  using scratch = scratchDir('install');
  const prefix = join(scratch.path, 'prefix');
  const state = () =>
    ['.', 'node_modules', 'node_modules/@berth', 'packages', 'bin'].map((folder) => {
      const path = join(checkout, folder);
      return [folder, statSync(path).mtimeMs, readdirSync(path).sort()];
    });
  const before = state();
  const options = [
    '--offline',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefix',
    prefix,
    '--cache',
    join(scratch.path, 'cache'),
  ];
  execFileSync('npm', ['install', '--global', ...options, '.'], { cwd: checkout, stdio: 'pipe' });
  assert.deepEqual(state(), before);

  const env = { ...process.env, PATH: `${join(prefix, 'bin')}:${process.env.PATH}` };
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { encoding: 'utf8', env, cwd: '/' });
  assert.deepEqual(readdirSync(join(prefix, 'bin')).sort(), ['berth', 'berthd', 'crictl', 'kubelet']);
  assert.match(run('berth', '--help'), /^Usage: berth /);
  assert.match(run('berth', '--version'), /^berth \d+\.\d+\.\d+\n$/);
  assert.match(run('berthd', '--version'), /^berthd \d+\.\d+\.\d+\n$/);
  assert.match(run('crictl', '--version'), /^crictl version /);
  assert.match(run('kubelet', '--version'), /^Kubernetes v1\.\d+\./);
});
