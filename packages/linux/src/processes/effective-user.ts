// Changes the effective uid of one thread, for kernel interfaces that check the uid instead of capabilities.
import { perArchitectureCall } from '../syscall/libc.ts';

const setresuid = perArchitectureCall(
  'setresuid',
  { x64: 117, arm64: 147, riscv64: 147, loong64: 147, ppc64: 164, s390x: 208, ia32: 208, arm: 208 },
  ['int', 'int', 'int'],
);

/**
 * Runs a synchronous function with another effective user id on the calling thread only. Uses the system call, because
 * the C library's setresuid(3) changes every thread. For permissions that the kernel grants by uid instead of
 * capability, such as writing the parameters of an IPC namespace that a user namespace owns. Needs uid 0.
 */
export function withEffectiveUser<T>(uid: number, work: () => T): T {
  setresuid(`to ${uid}`, -1, uid, -1);
  try {
    return work();
  } finally {
    setresuid('to 0', -1, 0, -1);
  }
}
