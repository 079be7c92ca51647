import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseDevices, completeChoice, type DeviceRequest } from './choose-devices.ts';

const set = (ids: string) => new Set(ids);
const request = (change: Partial<DeviceRequest>): DeviceRequest => ({
  pod: 'u',
  container: 'main',
  resource: 'r',
  required: 1,
  held: undefined,
  healthy: set('abc'),
  inUse: set(''),
  reusable: set(''),
  ...change,
});

test('which devices a container gets, when the plugin prefers some', () => {
  const cases: [
    what: string,
    change: Partial<DeviceRequest>,
    preferred: string,
    chosen: string | undefined,
  ][] = [
    ['any', {}, '', 'a'],
    ['the preferred one', {}, 'c', 'c'],
    ['one that is not in use', { inUse: set('ab') }, '', 'c'],
    ['not one that is preferred and in use', { inUse: set('ab') }, 'a', 'c'],
    ['not one that is preferred and unknown', {}, 'xb', 'b'],
    ['the preferred one first', { required: 2 }, 'c', 'ca'],
    ['all', { required: 3 }, 'cc', 'cab'],
    ['one of an init container', { inUse: set('b'), reusable: set('b') }, 'c', 'b'],
    [
      'one of an init container and another one',
      { required: 2, inUse: set('b'), reusable: set('b') },
      'c',
      'bc',
    ],
    ['what it has', { held: set('a'), inUse: set('abc') }, '', undefined],
  ];
  for (const [what, change, preferred, expected] of cases) {
    const choice = chooseDevices(request(change));
    assert.equal(choice && completeChoice(choice, [...preferred]).join(''), expected, what);
  }
});

test('requests that are refused, in the words of the real kubelet', () => {
  const cases: [change: Partial<DeviceRequest>, message: string][] = [
    [{ healthy: undefined }, 'cannot allocate unregistered device r'],
    [{ healthy: set('') }, 'no healthy devices present; cannot allocate unhealthy devices r'],
    [
      { held: set('d') },
      'previously allocated devices are no longer healthy; cannot allocate unhealthy devices r',
    ],
    [{ held: set('ab') }, 'pod "u" container "main" changed request for resource "r" from 2 to 1'],
    [
      { required: 3, inUse: set('a') },
      'requested number of devices unavailable for r. Requested: 3, Available: 2',
    ],
    [
      { required: 4, inUse: set('a'), reusable: set('a') },
      'requested number of devices unavailable for r. Requested: 3, Available: 2',
    ],
  ];
  for (const [change, message] of cases) assert.throws(() => chooseDevices(request(change)), { message });
});
