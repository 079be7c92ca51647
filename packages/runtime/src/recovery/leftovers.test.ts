import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workOf } from './leftovers.ts';

const id = 'a'.repeat(64);
const ids = new Set([id]);
const programs = { conmon: '/usr/bin/conmon', runtimes: new Set(['/usr/bin/crun']) };

const cases: [name: string, argv: string[], environ: string[], expected: object | undefined][] = [
  ['conmon', ['/usr/bin/conmon', '--cid', id, '--bundle', '/b'], [], { id, kind: 'conmon' }],
  ['crun', ['/usr/bin/crun', '--root=/r', 'create', '--bundle', '/b', id], [], { id, kind: 'runtime' }],
  ['conmon of another', ['/usr/bin/conmon', '--cid', 'b'.repeat(64)], [], undefined],
  ['a person who looks at it', ['/usr/bin/crictl', 'logs', id], [], undefined],
  ['an editor on its files', ['vi', `/run/berth/containers/${id}/config.json`], [], undefined],
  ['a plugin', ['/usr/lib/cni/bridge'], ['PATH=/bin', `CNI_CONTAINERID=${id}`], { id, kind: 'plugin' }],
  ['a plugin of another runtime', ['/usr/lib/cni/bridge'], ['CNI_CONTAINERID=x'], undefined],
];

for (const [name, argv, environ, expected] of cases) {
  test(`leftover: ${name}`, () => assert.deepEqual(workOf({ argv, environ }, ids, programs), expected));
}
