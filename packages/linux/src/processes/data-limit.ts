// rlimitData: a bound on the private writable memory of this process.
import { readFileSync } from 'node:fs';
import { libcFunction } from '../syscall/libc.ts';

const setrlimit = libcFunction('setrlimit', ['int', 'void *']);
const rlimitData = 2;

/**
 * Limits how much private writable memory (heap, buffers, stacks; not reserved address space) this process may allocate
 * beyond what it has now. Lowers the hard limit, so it cannot be undone; allocations beyond it fail.
 */
export function limitMoreData(bytes: number): void {
  const [, kibibytes] = /^VmData:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const limit = Buffer.alloc(16);
  for (const offset of [0, 8]) limit.writeBigUInt64LE(BigInt(Number(kibibytes) * 1024 + bytes), offset);
  setrlimit('RLIMIT_DATA', rlimitData, limit);
}
