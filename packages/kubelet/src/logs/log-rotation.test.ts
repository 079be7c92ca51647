import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { mknod } from '@berth/linux/files/mknod.ts';
import { plan, rotateLog } from './log-rotation.ts';

const cases: [names: string[], maxFiles: number, remove: string[], compress: string[]][] = [
  [['0.log'], 5, [], []],
  [['0.log', '0.log.1'], 5, [], ['0.log.1']],
  [['0.log', '0.log.1.gz', '0.log.2'], 5, [], ['0.log.2']],
  [['0.log', '0.log.1.gz', '0.log.2.gz', '0.log.3.gz', '0.log.4'], 5, ['0.log.1.gz'], ['0.log.4']],
  [['0.log', '0.log.1'], 2, ['0.log.1'], []],
  [['0.log', '0.log.1', '0.log.1.tmp'], 5, ['0.log.1.tmp'], ['0.log.1']],
  [['0.log', '0.log.1', '0.log.1.gz'], 5, ['0.log.1'], []],
  [['10.log', '10.log.1', '0.log', '0.log.1'], 5, [], ['0.log.1']],
];
for (const [names, maxFiles, remove, compress] of cases) {
  test(`of ${names.join(' ')} at most ${maxFiles}`, () => {
    assert.deepEqual(plan(names, '0.log', maxFiles), { remove, compress });
  });
}

test('a large log is set aside, the part before it is compressed', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'kubelet-b-'));
  t.after(() => rm(dir, { recursive: true }));
  const path = join(dir, '0.log');
  await writeFile(path, 'x'.repeat(100));
  await writeFile(`${path}.20200101-000000`, 'old part');
  const reopened: string[] = [];
  const runtime = {
    reopenContainerLog: async ({ containerId = '' }) => {
      reopened.push(containerId);
      await writeFile(path, '');
      return {};
    },
  };
  await rotateLog({ id: 'c', path }, { maxBytes: 100, maxFiles: 3 }, runtime);
  assert.deepEqual(reopened, []);
  await rotateLog({ id: 'c', path }, { maxBytes: 99, maxFiles: 3 }, runtime);
  assert.deepEqual(reopened, ['c']);
  const [present, compressed = '', aside = '', ...others] = (await readdir(dir)).sort();
  assert.deepEqual([present, compressed, others], ['0.log', '0.log.20200101-000000.gz', []]);
  assert.match(aside, /^0\.log\.\d{8}-\d{6}$/);
  assert.equal(gunzipSync(await readFile(join(dir, compressed))).toString(), 'old part');
});

test('a runtime that cannot reopen the log keeps it', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'kubelet-b-'));
  t.after(() => rm(dir, { recursive: true }));
  const path = join(dir, '0.log');
  await writeFile(path, 'xx');
  const runtime = {
    reopenContainerLog: () => Promise.reject(new Error('no')),
  };
  await assert.rejects(rotateLog({ id: 'c', path }, { maxBytes: 1, maxFiles: 2 }, runtime), /no/);
  assert.deepEqual(await readdir(dir), ['0.log']);
});

test('what a container put among its logs neither blocks their rotation nor leads it elsewhere', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'kubelet-b-'));
  t.after(() => rm(dir, { recursive: true }));
  const [logs, elsewhere] = [join(dir, 'logs'), join(dir, 'elsewhere')];
  for (const path of [join(logs, 'pod'), elsewhere]) await mkdir(path, { recursive: true });
  await writeFile(join(elsewhere, 'secret'), 'secret');
  const path = join(logs, 'pod/0.log');
  await writeFile(path, 'x'.repeat(100));
  mknod(`${path}.20200101-000000`, { type: 'fifo', mode: 0o666 });
  await symlink(join(elsewhere, 'secret'), `${path}.20200102-000000`);
  await symlink(join(elsewhere, 'written'), `${path}.20200103-000000.tmp`);
  await mkdir(`${path}.20200104-000000.tmp/deep`, { recursive: true });
  let reopened = 0;
  const runtime = { reopenContainerLog: async () => ({ reopened: reopened++ }) };
  await rotateLog({ id: 'c', path, root: logs }, { maxBytes: 99, maxFiles: 5 }, runtime);
  assert.equal(reopened, 1);
  const left = (await readdir(join(logs, 'pod'))).filter(
    (name) => !/^0\.log\.20[3-9]\d|^0\.log\.202[1-9]/.test(name),
  );
  assert.deepEqual(left, []);
  assert.deepEqual(await readdir(elsewhere), ['secret']);
  await rm(join(logs, 'pod'), { recursive: true });
  await writeFile(join(elsewhere, '0.log'), 'x'.repeat(100));
  await symlink(elsewhere, join(logs, 'pod'));
  await assert.rejects(rotateLog({ id: 'c', path, root: logs }, { maxBytes: 99, maxFiles: 5 }, runtime), {
    code: 'ELOOP',
  });
  assert.deepEqual((await readdir(elsewhere)).sort(), ['0.log', 'secret']);
});
