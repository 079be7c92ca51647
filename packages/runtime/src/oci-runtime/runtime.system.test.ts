import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bindMount, detachBelow, mountsBelow } from '@berth/linux/mounts/mount.ts';
import { cgroupfsNaming } from '../cgroups/naming.ts';
import { plainRuntime } from '../config/config.ts';
import { OciRuntime } from './runtime.ts';

const root = mkdtempSync('/tmp/oci-runtime-');

after(() => {
  detachBelow(root);
  rmSync(root, { recursive: true });
});

test('the state of a container is removed with what a killed runc has mounted in it', () => {
  const program = join(root, 'program');
  writeFileSync(program, 'runc');
  const state = join(root, 'id');
  mkdirSync(state);
  const cloned = join(state, 'runc.A1b2C3');
  writeFileSync(cloned, '');
  for (let each = 0; each < 2; each++) bindMount(program, cloned);
  const runtime = new OciRuntime({
    name: 'runc',
    path: '/usr/sbin/runc',
    root,
    flavor: 'runc',
    cgroupNaming: cgroupfsNaming,
    handler: plainRuntime('runc'),
  });
  runtime.forget('id');
  assert.ok(!existsSync(state));
  assert.deepEqual(mountsBelow(root), []);
  assert.equal(readFileSync(program, 'utf8'), 'runc');
  runtime.forget('id');
});
