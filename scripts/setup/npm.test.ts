// What npm brings is what package-lock.json names, bit for bit, and runs nothing while it comes.
import assert from 'node:assert/strict';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { installDependencies } from './npm.mjs';

const root = dirname(dirname(import.meta.dirname));

interface LockedPackage {
  readonly link?: boolean;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
}

const readJson = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));

/** The packages of package-lock.json that come from a registry, by name. */
function lockedPackages(): [name: string, locked: LockedPackage][] {
  const packages: Record<string, LockedPackage> = readJson('package-lock.json').packages;
  return Object.entries(packages).flatMap(([path, locked]) => {
    const name = /.*node_modules\/(.+)/.exec(path)?.[1];
    return name === undefined || locked.link === true ? [] : [[name, locked]];
  });
}

test('package-lock.json has the sha512 of every package', () => {
  const packages = lockedPackages();
  assert.ok(packages.length > 100);
  const without = packages.filter(
    ([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ''),
  );
  assert.deepEqual(
    without.map(([name]) => name),
    [],
  );
});

test('package-lock.json names no source beside the npm registry', () => {
  const elsewhere = lockedPackages().filter(
    ([, { resolved }]) => resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'),
  );
  assert.deepEqual(elsewhere, []);
});

test('no dependency has an install script but those that Berth does without', () => {
  const names = lockedPackages()
    .filter(([, locked]) => locked.hasInstallScript)
    .map(([name]) => name);
  // esbuild and koffi would only check or fetch what their platform packages bring; protobufjs prints a warning.
  assert.deepEqual(names.sort(), ['esbuild', 'koffi', 'protobufjs']);
});

test('no package of ours runs a script when it is installed', () => {
  const lifecycle = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];
  for (const file of ['package.json', ...globSync('packages/*/package.json', { cwd: root })]) {
    const scripts = Object.keys(readJson(file).scripts ?? {});
    assert.deepEqual(
      scripts.filter((name) => lifecycle.includes(name)),
      [],
      file,
    );
  }
});

test('npm in this checkout ignores install scripts, whoever calls it', () => {
  assert.match(readFileSync(join(root, '.npmrc'), 'utf8'), /^ignore-scripts=true$/m);
});

test('a dependency with an install script does not run it during the set-up', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'berth-npm-ci-'));
  const json = (file: string, content: unknown) => writeFileSync(join(dir, file), JSON.stringify(content));
  try {
    mkdirSync(join(dir, 'dependency'));
    const scripts = { postinstall: `touch ${join(dir, 'ran')}` };
    json('dependency/package.json', { name: 'dependency', version: '1.0.0', scripts });
    const dependencies = { dependency: 'file:dependency' };
    json('package.json', { name: 'x', version: '1.0.0', dependencies, scripts });
    json('package-lock.json', {
      name: 'x',
      version: '1.0.0',
      lockfileVersion: 3,
      packages: {
        '': { name: 'x', version: '1.0.0', dependencies, hasInstallScript: true },
        dependency: { version: '1.0.0', hasInstallScript: true },
        'node_modules/dependency': { resolved: 'dependency', link: true },
      },
    });
    await installDependencies(dir);
    assert.ok(existsSync(join(dir, 'node_modules/dependency/package.json')));
    assert.ok(!existsSync(join(dir, 'ran')));
  } finally {
    rmSync(dir, { recursive: true });
  }
});
