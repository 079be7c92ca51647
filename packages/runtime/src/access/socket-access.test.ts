import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkSocketPlace, privateMode, socketGid } from './socket-access.ts';

const modes: [directory: string, listen: string, socketGroup: string | undefined, mode: number][] = [
  ['/run/berth', '/run/berth/berth.sock', undefined, 0o700],
  ['/run/berth', '/run/berth/berth.sock', 'berth', 0o710],
  ['/run/berth', '/run/berth.sock', 'berth', 0o700],
  ['/run/berth', '/run/berth-other/berth.sock', 'berth', 0o700],
  ['/var/lib/berth', '/run/berth/berth.sock', 'berth', 0o700],
];
for (const [directory, listen, socketGroup, mode] of modes) {
  test(`${directory} with ${listen} for ${socketGroup ?? 'root'}: ${mode.toString(8)}`, () => {
    assert.equal(privateMode(directory, { listen, socketGroup }), mode);
  });
}

test('a socket in a directory that is for root alone is refused to a group', () => {
  const access = { listen: '/var/lib/berth/x.sock', root: '/var/lib/berth' };
  assert.throws(() => checkSocketPlace({ ...access, socketGroup: 'berth' }), /set listen to a path outside/);
  checkSocketPlace({ ...access, socketGroup: undefined });
  checkSocketPlace({ ...access, listen: '/run/x.sock', socketGroup: 'berth' });
});

test('a group is named or numbered', () => {
  const dir = mkdtempSync('/tmp/socket-access-');
  try {
    const groups = join(dir, 'group');
    writeFileSync(groups, 'root:x:0:\nberth:x:990:me\nodd:x:many:\n');
    const gid = (socketGroup?: string) => socketGid({ listen: '/s', socketGroup }, groups);
    assert.equal(gid(), undefined);
    assert.equal(gid('berth'), 990);
    assert.equal(gid('1234'), 1234);
    for (const name of ['brth', 'odd', '99999999999']) {
      assert.throws(() => gid(name), /^Error: socketGroup: there is no group ".*" in .*groupadd/);
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});
