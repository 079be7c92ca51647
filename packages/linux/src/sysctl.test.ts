import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SysctlNamespace, sysctlName, sysctlNamespace, sysctlPath } from './sysctl.ts';

const cases: { name: string; path: string; namespace: SysctlNamespace | undefined }[] = [
  { name: 'net.ipv4.ip_forward', path: 'net/ipv4/ip_forward', namespace: 'net' },
  { name: 'net/ipv4/ip_forward', path: 'net/ipv4/ip_forward', namespace: 'net' },
  { name: 'net.ipv4.conf.eth0/1.mtu', path: 'net/ipv4/conf/eth0.1/mtu', namespace: 'net' },
  { name: 'net/ipv4/conf/eth0.1/mtu', path: 'net/ipv4/conf/eth0.1/mtu', namespace: 'net' },
  { name: 'kernel.shm_rmid_forced', path: 'kernel/shm_rmid_forced', namespace: 'ipc' },
  { name: 'kernel.shmmax', path: 'kernel/shmmax', namespace: 'ipc' },
  { name: 'kernel.msgmax', path: 'kernel/msgmax', namespace: 'ipc' },
  { name: 'kernel.sem', path: 'kernel/sem', namespace: 'ipc' },
  { name: 'fs.mqueue.msg_max', path: 'fs/mqueue/msg_max', namespace: 'ipc' },
  { name: 'kernel.domainname', path: 'kernel/domainname', namespace: 'uts' },
  { name: 'kernel.semaphore', path: 'kernel/semaphore', namespace: undefined },
  { name: 'kernel.hostname', path: 'kernel/hostname', namespace: undefined },
  { name: 'vm.swappiness', path: 'vm/swappiness', namespace: undefined },
];

for (const { name, path, namespace } of cases) {
  test(`sysctl ${name}`, () => {
    assert.equal(sysctlPath(name), path);
    assert.equal(sysctlNamespace(name), namespace);
  });
}

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
