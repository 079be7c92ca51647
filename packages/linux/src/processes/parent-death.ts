import { libcFunction } from '../syscall/libc.ts';

const prctl = libcFunction('prctl', ['int', 'ulong', 'ulong', 'ulong', 'ulong']);
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

/**
 * Has the kernel kill this process when its parent ends, however that ends; exits at once when the parent has
 * ended already.
 *
 * @param parent pid of the process that started this one
 */
export function dieWithParent(parent: number): void {
  prctl('PR_SET_PDEATHSIG', PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (process.ppid !== parent) process.exit(1);
}
