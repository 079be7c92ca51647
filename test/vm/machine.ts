// Cgroup v2 and systemd for a script of ours: a virtual machine with the built checkout in it.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runScratch } from '@berth/test-support/run-scratch.ts';
import { baseImage } from './base-image.ts';
import { runInVm } from './qemu.ts';
import { writeTreeImage } from './tree-image.ts';

export interface MachineRun {
  /** A POSIX shell script, run as root in the checkout, which is at /berth. */
  readonly script: string;
  /** A folder that goes along, as /berth/carried. */
  readonly carry?: string | undefined;
  /** After this time the machine is killed. */
  readonly timeoutMs: number;
}

/**
 * What a node has and the image has not: an interface with an address and a default route, with nothing behind it, and
 * a /run to run programs from: Debian's initial RAM disk mounts it noexec, and tests have root file systems there.
 */
const preparation = `mount -o remount,exec /run
ip link add eth0 type dummy
ip address add 192.0.2.2/24 dev eth0
ip link set eth0 up
ip route add default via 192.0.2.1 dev eth0
`;

/** Runs a script in a new machine, printing what it prints, and resolves with its exit code. */
export async function runInMachine({ script, carry, timeoutMs }: MachineRun): Promise<number> {
  const started = performance.now();
  const progress = (line: string) =>
    console.log(`vm: ${line} (${((performance.now() - started) / 1000).toFixed(0)} s)`);
  using scratch = runScratch(join(tmpdir(), 'berth-vm-'));
  const base = await baseImage(progress);
  const tree = join(scratch.path, 'tree.img');
  await writeTreeImage(tree, scratch.path, carry);
  progress('booting');
  const onLine = (line: string) => console.log(line);
  const job = { base, tree, script: `${preparation}${script}`, scratch: scratch.path, timeoutMs, onLine };
  const code = await runInVm(job);
  progress(`ended with exit code ${code}`);
  return code;
}
