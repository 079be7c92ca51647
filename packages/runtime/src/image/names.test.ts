import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestOf } from '@berth/oci/image-spec/digest.ts';
import { parseReference } from '@berth/oci/reference/reference.ts';
import { openDatabase } from '../state/database.ts';
import { findImage, namesFor, repoNames } from './names.ts';
import { ImageRecords } from './records.ts';
import { imageUser } from './status.ts';

const digest = digestOf('manifest');

test('an image is kept under its tag and its digest', () => {
  const cases: [text: string, names: string[]][] = [
    ['nginx', ['docker.io/library/nginx:latest', `docker.io/library/nginx@${digest}`]],
    ['a.b/c:1', ['a.b/c:1', `a.b/c@${digest}`]],
    [`a.b/c:1@${digest}`, [`a.b/c@${digest}`]],
  ];
  for (const [text, names] of cases) assert.deepEqual(namesFor(parseReference(text), digest), names);
  assert.deepEqual(repoNames([`b/c@${digest}`, 'b/c:2', 'b/c:1']), {
    repoTags: ['b/c:1', 'b/c:2'],
    repoDigests: [`b/c@${digest}`],
  });
});

test('images are found by name, id and a unique part of an id', (context) => {
  const dir = mkdtempSync(join(tmpdir(), 'image-names-'));
  const database = openDatabase(join(dir, 'berth.db'));
  context.after(() => {
    database.close();
    rmSync(dir, { recursive: true });
  });
  const records = new ImageRecords(database);
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers' as const, diff_ids: [] },
  };
  const add = (id: string, names: string[]) =>
    records.addImage(
      {
        id: digestOf(id),
        configText: JSON.stringify(config),
        layers: [],
        documents: [],
        pulledAt: 0n,
        phase: 'ready',
      },
      names,
    );
  add('one', ['docker.io/library/nginx:1', `docker.io/library/nginx@${digest}`]);
  add('two', ['docker.io/library/nginx:2']);
  const one = digestOf('one');
  const find = (text: string) => findImage(records, text)?.id;
  for (const text of [
    'nginx:1',
    'docker.io/nginx:1',
    `nginx@${digest}`,
    `nginx:9@${digest}`,
    one,
    one.slice(7),
    one.slice(7, 20),
    one.slice(0, 20),
  ]) {
    assert.equal(find(text), one, text);
  }
  for (const text of ['nginx', 'nginx:3', 'ffff', '', 'BAD NAME', digest])
    assert.equal(find(text), undefined, text);
  records.retire(one);
  assert.equal(find('nginx:1'), undefined);
  assert.equal(find(one), undefined);
  add('one', ['docker.io/library/nginx:1']);
  assert.equal(find('nginx:1'), one);
  assert.deepEqual(records.names(one), ['docker.io/library/nginx:1']);
});

test('the user of an image is a uid or a name', () => {
  const none = { uid: undefined, username: '' };
  const cases: [user: string, expected: ReturnType<typeof imageUser>][] = [
    ['', none],
    ['0', { uid: { value: 0n }, username: '' }],
    ['1000:50', { uid: { value: 1000n }, username: '' }],
    ['nobody:nogroup', { uid: undefined, username: 'nobody' }],
  ];
  for (const [user, expected] of cases) assert.deepEqual(imageUser(user), expected);
});
