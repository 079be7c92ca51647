import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podSysctls } from './sysctls.ts';

const own = { hostNetwork: false, hostIpc: false };
const port = 'net.ipv4.ip_unprivileged_port_start';
const defaults = { [port]: '0', 'kernel.shmmni': '8' };

test('defaults go into namespaces that are the pod’s, unless it asks for the same', () => {
  assert.deepEqual(podSysctls({}, defaults, own), defaults);
  assert.deepEqual(podSysctls({}, defaults, { ...own, hostNetwork: true }), { 'kernel.shmmni': '8' });
  assert.deepEqual(podSysctls({}, defaults, { ...own, hostIpc: true }), { [port]: '0' });
  assert.deepEqual(podSysctls({ [port]: '80' }, defaults, own), { ...defaults, [port]: '80' });
  const slashes = 'net/ipv4/ip_unprivileged_port_start';
  assert.deepEqual(podSysctls({ [slashes]: '80' }, { [port]: '0' }, own), { [slashes]: '80' });
});

test('what a pod asks for stays, to be refused where it is set', () => {
  const requested = { 'kernel.panic': '1', '../x': '1', 'net.core.somaxconn': '9' };
  assert.deepEqual(podSysctls(requested, {}, { ...own, hostNetwork: true }), requested);
});
