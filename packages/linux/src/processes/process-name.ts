// Names a daemon's process for ps, pgrep and the kernel's log, in place of node's.
import { writeFileSync } from 'node:fs';

/** Longest name that the kernel keeps of a thread, without its NUL. */
const maxNameBytes = 15;

/**
 * Sets the name of this process, which `pgrep -x` and the kernel's OOM reports have, and the command line that ps
 * shows: the name and the arguments, without Node.js, its flags and the path of the bundle.
 */
export function setProcessName(name: string, argv: readonly string[]): void {
  if (Buffer.byteLength(name) > maxNameBytes)
    throw new RangeError(`${name} is longer than ${maxNameBytes} bytes`);
  // Node.js also sets the name of the thread, to the beginning of the title, with the arguments in it.
  process.title = [name, ...argv].join(' ');
  writeFileSync(`/proc/${process.pid}/comm`, name);
}
