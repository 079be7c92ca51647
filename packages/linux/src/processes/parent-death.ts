// PR_SET_PDEATHSIG: a process that must not outlive its parent.
import { libcFunction } from '../syscall/libc.ts';

const prctl = libcFunction('prctl', ['int', 'ulong', 'ulong', 'ulong', 'ulong']);
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

/**
 * Makes the kernel kill this process when its parent ends in any way. Exits at once when the parent has ended already.
 *
 * @param parent pid of the process that started this one
 */
export function dieWithParent(parent: number): void {
  prctl('PR_SET_PDEATHSIG', PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (process.ppid !== parent) process.exit(1);
}
