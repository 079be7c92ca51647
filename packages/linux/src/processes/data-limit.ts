import { readFileSync } from 'node:fs';
import { libcFunction } from '../syscall/libc.ts';

const setrlimit = libcFunction('setrlimit', ['int', 'void *']);
const RLIMIT_DATA = 2;

/**
 * Bounds, for good, how much private writable memory this process may get beyond what it has now: heap, buffers and
 * stacks, but not address space that is only reserved. What needs more fails.
 */
export function limitMoreData(bytes: number): void {
  const [, kibibytes] = /^VmData:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const limit = Buffer.alloc(16);
  for (const offset of [0, 8]) limit.writeBigUInt64LE(BigInt(Number(kibibytes) * 1024 + bytes), offset);
  setrlimit('RLIMIT_DATA', RLIMIT_DATA, limit);
}
