import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VolumeMount } from '../api/pod.ts';
import { effectiveMode, isRecursivelyReadOnly } from './recursive-read-only.ts';

const cases: [mount: Partial<VolumeMount>, isSupported: boolean, result: boolean | string][] = [
  [{ readOnly: true }, true, false],
  [{ readOnly: true, recursiveReadOnly: 'Disabled' }, true, false],
  [{ readOnly: true, recursiveReadOnly: 'IfPossible' }, true, true],
  [{ readOnly: true, recursiveReadOnly: 'IfPossible' }, false, false],
  [{ readOnly: true, recursiveReadOnly: 'Enabled', mountPropagation: 'None' }, true, true],
  [{ readOnly: true, recursiveReadOnly: 'Enabled' }, false, 'not supported by the runtime'],
  [{ recursiveReadOnly: 'IfPossible' }, true, 'not read-only'],
  [
    { readOnly: true, recursiveReadOnly: 'Enabled', mountPropagation: 'HostToContainer' },
    true,
    'not compatible with propagation "HostToContainer"',
  ],
];

for (const [fields, isSupported, result] of cases) {
  test(`${JSON.stringify(fields)} ${isSupported ? 'with' : 'without'} support: ${result}`, () => {
    const mount = { name: 'v', mountPath: '/v', ...fields };
    if (typeof result === 'string') {
      assert.throws(() => isRecursivelyReadOnly(mount, isSupported), {
        message: `volume "v" requested recursive read-only mode, but it is ${result}`,
      });
    } else assert.equal(isRecursivelyReadOnly(mount, isSupported), result);
    assert.equal(effectiveMode(mount, isSupported), result === true ? 'Enabled' : 'Disabled');
  });
}
