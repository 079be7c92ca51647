import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manifest, podOf } from '../testing/manifest.ts';

const everywhere = { operator: 'Exists', effect: 'NoExecute' };

for (const [title, tolerations, added] of [
  ['none', [], true],
  ['the same', [everywhere], false],
  ['the same with an empty key', [{ ...everywhere, key: '' }], false],
  ['one for a key', [{ ...everywhere, key: 'a' }], true],
  ['one for a value', [{ key: 'a', operator: 'Equal', value: 'b', effect: 'NoExecute' }], true],
  ['one for another effect', [{ ...everywhere, effect: 'NoSchedule' }], true],
  ['one that ends', [{ ...everywhere, tolerationSeconds: 5 }], true],
] as const) {
  test(`a static pod tolerates NoExecute once, given ${title}`, () => {
    const { spec } = podOf(manifest({ spec: { tolerations } }));
    assert.deepEqual(spec.tolerations, added ? [...tolerations, everywhere] : [everywhere]);
  });
}
