import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readable } from './readable.ts';

const id = '0123456789abcdef'.repeat(4);

for (const [text, expected] of [
  [
    `container ${id} failed: /run/c/${id}/rootfs`,
    'container 0123456789abc failed: /run/c/0123456789abc/rootfs',
  ],
  [`image@sha256:${id} is missing`, `image@sha256:${id} is missing`],
  [`${id}0 is longer`, `${id}0 is longer`],
  ['rpc error: code = Unavailable desc = no route', 'no route'],
  ['exit code 3', 'exit code 3'],
] as const) {
  test(`readable: ${expected.slice(0, 40)}`, () => assert.equal(readable(text), expected));
}
