import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRead, RecordedPath } from './recorded-path.ts';

const cases: [recorded: string | undefined, exists: boolean, pods: number, read: boolean, title: string][] = [
  [undefined, false, 0, false, 'a path that does not exist'],
  [undefined, true, 0, true, 'an empty directory of a new node'],
  ['/m', true, 0, true, 'the same directory, emptied'],
  ['/m', false, 0, false, 'the same directory, removed'],
  ['/other', true, 0, false, 'another directory without a pod'],
  ['/other', true, 1, true, 'another directory with a pod'],
];
for (const [recorded, exists, pods, read, title] of cases) {
  test(`${title}: ${read ? 'read' : 'not read'}`, () => {
    assert.equal(isRead('/m', recorded, { exists, pods }), read);
  });
}

test('the path is kept, and a torn file is none', () => {
  const dir = mkdtempSync('/tmp/kubelet-path-');
  try {
    const file = join(dir, 'root/static-pods-path');
    const record = new RecordedPath(file);
    assert.equal(record.load(), undefined);
    record.save('/etc/manifests');
    assert.equal(new RecordedPath(file).load(), '/etc/manifests');
    assert.equal(readFileSync(file, 'utf8'), '/etc/manifests\n');
    writeFileSync(file, '');
    assert.equal(record.load(), undefined);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
