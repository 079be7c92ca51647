import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SysctlNamespace, sysctlNamespace } from './sysctl.ts';
import { sysctlPath } from './sysctl-name.ts';

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
