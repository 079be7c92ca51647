import { perArchitectureCall } from '../syscall/libc.ts';

const setresuid = perArchitectureCall(
  'setresuid',
  { x64: 117, arm64: 147, riscv64: 147, loong64: 147, ppc64: 164, s390x: 208, ia32: 208, arm: 208 },
  ['int', 'int', 'int'],
);

/**
 * Runs a synchronous function with another effective user on the calling thread only, by the system call itself:
 * setresuid(3) of the C library changes every thread. For permissions that the kernel grants by uid and not by
 * capability, such as the parameters of an IPC namespace that a user namespace owns. Needs uid 0.
 */
export function withEffectiveUser<T>(uid: number, work: () => T): T {
  setresuid(`to ${uid}`, -1, uid, -1);
  try {
    return work();
  } finally {
    setresuid('to 0', -1, 0, -1);
  }
}
