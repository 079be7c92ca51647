import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dotted } from './sandbox-config.ts';

const names: readonly [name: string, wanted: string][] = [
  ['kernel.shm_rmid_forced', 'kernel.shm_rmid_forced'],
  ['net/ipv4/ip_unprivileged_port_start', 'net.ipv4.ip_unprivileged_port_start'],
  ['net/ipv4/conf/eth0.100/forwarding', 'net.ipv4.conf.eth0/100.forwarding'],
  ['net.ipv4.conf.eth0/100.forwarding', 'net.ipv4.conf.eth0/100.forwarding'],
];

for (const [name, wanted] of names) {
  test(`the runtime is told of the sysctl ${name} as ${wanted}`, () => {
    assert.equal(dotted(name), wanted);
  });
}
