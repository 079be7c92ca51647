import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CniConfigError } from '../spec/errors.ts';
import { parseConfList } from './conf-list.ts';
import { loadConfFile, loadConfList, loadConfLists } from './load.ts';

const list = (fields: object) =>
  JSON.stringify({ cniVersion: '1.0.0', name: 'net', plugins: [{ type: 'bridge' }], ...fields });

test('single configurations as libcni takes them, by bytes of their names, links and a bare extension too', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'cni-conf-'));
  try {
    await writeFile(join(dir, 'no-version.conf'), '{"name":"a","type":"loopback"}');
    await writeFile(join(dir, 'null.json'), '{"Name":"b","TYPE":"loopback","cniVersion":null}');
    await writeFile(join(dir, 'with-plugins.conf'), '{"name":"c","type":"loopback","plugins":[]}');
    await writeFile(join(dir, '.conflist'), list({ name: 'd' }));
    await writeFile(join(dir, 'target'), list({ name: 'e' }));
    await symlink('target', join(dir, '\u{10ffff}.conflist'));
    await symlink('target', join(dir, '\uffee.conflist'));
    const loaded = await loadConfLists(dir);
    assert.deepEqual(
      loaded.map(({ file, list }) => [file.slice(dir.length + 1), list?.name, list?.cniVersion]),
      [
        ['.conflist', 'd', '1.0.0'],
        ['no-version.conf', 'a', ''],
        ['null.json', 'b', ''],
        ['with-plugins.conf', 'c', ''],
        ['\uffee.conflist', 'e', '1.0.0'],
        ['\u{10ffff}.conflist', 'e', '1.0.0'],
      ],
    );
    const [, single] = loaded;
    assert.equal(
      single?.list?.text,
      '{"cniVersion":"","name":"a","plugins":[{"name":"a","type":"loopback"}]}',
    );
    assert.equal(parseConfList(single?.list?.text ?? '').plugins[0]?.type, 'loopback');
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('a directory is loaded in the order of names, and one broken file does not hide the others', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'cni-conf-'));
  try {
    await writeFile(join(dir, '20-single.conf'), '{"cniVersion":"0.4.0","name":"single","type":"loopback"}');
    await writeFile(join(dir, '05-broken.conflist'), '{"name" "x"}');
    await writeFile(join(dir, '10-list.conflist'), list({ name: 'list' }));
    await writeFile(join(dir, '30-wrong.json'), list({ name: 'wrong' }));
    await writeFile(join(dir, '00-notes.txt'), 'not a configuration');
    await mkdir(join(dir, '01-dir.conflist'));
    const loaded = await loadConfLists(dir);
    assert.deepEqual(
      loaded.map(({ file, list }) => [file.slice(dir.length + 1), list?.name]),
      [
        ['05-broken.conflist', undefined],
        ['10-list.conflist', 'list'],
        ['20-single.conf', 'single'],
        ['30-wrong.json', undefined],
      ],
    );
    assert.match(loaded[0]?.error?.message ?? '', /05-broken\.conflist: not JSON: .*line 1 column/);
    assert.match(
      loaded[3]?.error?.message ?? '',
      /plugins: a list of plugins belongs in a file .*\.conflist/,
    );
    assert.equal(
      loaded[2]?.list?.text,
      '{"cniVersion":"0.4.0","name":"single","plugins":[{"cniVersion":"0.4.0","name":"single","type":"loopback"}]}',
    );
    assert.deepEqual(await loadConfLists(join(dir, 'absent')), []);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('plugins may live in files of their own, unless the list forbids it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'cni-conf-'));
  try {
    const file = join(dir, '10-net.conflist');
    await mkdir(join(dir, 'net'));
    await writeFile(join(dir, 'net', '2.conf'), '{"type":"tuning"}');
    await writeFile(join(dir, 'net', '1.conf'), '{"type":"bandwidth"}');
    const types = async () => (await loadConfFile(file)).plugins.map(({ type }) => type);
    await writeFile(file, list({}));
    assert.deepEqual(await types(), ['bridge', 'bandwidth', 'tuning']);
    // A DEL goes by the text alone, when the files may be gone.
    const { text, plugins } = await loadConfFile(file);
    assert.deepEqual(parseConfList(text).plugins, plugins);
    await writeFile(file, list({ plugins: undefined }));
    assert.deepEqual(await types(), ['bandwidth', 'tuning']);
    await writeFile(file, list({ loadOnlyInlinedPlugins: true }));
    assert.deepEqual(await types(), ['bridge']);
    await writeFile(file, list({ loadOnlyInlinedPlugins: true, plugins: undefined }));
    await assert.rejects(types(), /plugins: missing, and loadOnlyInlinedPlugins is true/);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('a FIFO, a directory link or a huge file among the configurations is told of, and hides no other', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'berth-cni-'));
  try {
    execFileSync('mkfifo', [join(dir, '10-fifo.conflist')]);
    await symlink(tmpdir(), join(dir, '20-directory.conf'));
    await writeFile(join(dir, '30-huge.conflist'), '');
    await truncate(join(dir, '30-huge.conflist'), 2 ** 40);
    await writeFile(join(dir, '40-good.conflist'), list({}));
    const [fifo, directory, huge, good] = await loadConfLists(dir);
    assert.match(fifo?.error?.message ?? '', /is a FIFO, not a regular file/);
    assert.match(directory?.error?.message ?? '', /is a directory, not a regular file/);
    assert.match(huge?.error?.message ?? '', /has more than 4194304 bytes, the limit/);
    assert.equal(good?.list?.name, 'net');
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('the network of a name is the first file that has it, and broken files are skipped', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'cni-conf-'));
  try {
    await writeFile(join(dir, '05-broken.conflist'), '{"name" "net"}');
    await writeFile(join(dir, '10-other.conflist'), list({ name: 'other' }));
    await writeFile(join(dir, '20-net.conf'), '{"cniVersion":"0.4.0","name":"net","type":"loopback"}');
    await writeFile(join(dir, '30-net.conflist'), list({}));
    assert.equal((await loadConfList(dir, 'net')).plugins[0]?.type, 'loopback');
    await assert.rejects(loadConfList(dir, 'absent'), (error) => {
      assert.ok(error instanceof CniConfigError);
      assert.equal(error.message, `${dir}: no usable configuration of network "absent"`);
      return true;
    });
  } finally {
    await rm(dir, { recursive: true });
  }
});
