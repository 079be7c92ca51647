import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sysctlName, sysctlPath } from './sysctl-name.ts';

for (const name of ['', 'net', 'net..x', 'net/../kernel/x', 'net.ipv4.//.x', 'net. .x', 'net/x\n']) {
  test(`sysctl name ${JSON.stringify(name)} is refused`, () => {
    assert.throws(() => sysctlPath(name), /not the name of a kernel parameter/);
  });
}

const spellings: readonly [name: string, wanted: string][] = [
  ['kernel.shm_rmid_forced', 'kernel.shm_rmid_forced'],
  ['net/ipv4/ip_unprivileged_port_start', 'net.ipv4.ip_unprivileged_port_start'],
  ['net/ipv4/conf/eth0.100/forwarding', 'net.ipv4.conf.eth0/100.forwarding'],
  ['net.ipv4.conf.eth0/100.forwarding', 'net.ipv4.conf.eth0/100.forwarding'],
];

for (const [name, wanted] of spellings) {
  test(`with dots, the sysctl ${name} is ${wanted}`, () => {
    assert.equal(sysctlName(name), wanted);
  });
}
