// Runs in the new namespaces of a machine of a test's own: makes them look like a machine, runs the program to its
// end, and ends with its code, or with 1 when it has left something there.
// Arguments: the folder that becomes /run, then the program.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { bindMount, mount, mounts, unmount } from '@berth/linux/mount.ts';
import type { MountInfo } from '@berth/linux/mountinfo.ts';
import { setLinkUp } from '@berth/linux/netlink/links.ts';
import { leaks, takeCensus } from '../leaks.ts';

/**
 * iptables keeps its lock, and Debian's containerd the network namespace of a pod that it could not connect. A
 * namespace is there by a mount or a process, which are told.
 */
const byDesign = /^(files: \/run\/xtables\.lock|(files|mounts): \/run\/netns\/cni-.*|namespaces: .*)$/;

const [run = '', program = '', ...args] = process.argv.slice(2);

bindMount(run, '/run');
mountSys(mounts());
makeNetwork();
const before = takeCensus(['/run']);
const child = spawn(program, args, { stdio: 'inherit' });
const code = await exitCode(child);
const left = await leftovers();
if (left.length > 0) console.log(`✖ left on the machine:\n${left.map((line) => `  ${line}`).join('\n')}`);
process.exitCode = code || Number(left.length > 0);

/** As a shell tells it. */
async function exitCode(child: ChildProcess): Promise<number> {
  await once(child, 'exit');
  const { exitCode, signalCode } = child;
  return signalCode === null ? (exitCode ?? 1) : 128 + constants.signals[signalCode];
}

/** Mounts what is below /sys anew: it shows the network and the cgroups of the namespaces that it is mounted in. */
function mountSys(before: readonly MountInfo[]): void {
  unmount('/sys', { detach: true });
  mount({ source: 'sysfs', target: '/sys', fstype: 'sysfs' });
  for (const { mountPoint: target, root, source, fstype, superOptions } of before) {
    if (!target.startsWith('/sys/')) continue;
    // The root of a hierarchy is one above the machine's own.
    if (/^cgroup2?$/.test(fstype) && root !== '/..') continue;
    mkdirSync(target, { recursive: true });
    mount({ source, target, fstype, data: mountData(fstype, superOptions) });
  }
}

function mountData(fstype: string, options: readonly string[]): string {
  if (fstype === 'tmpfs') return 'mode=755';
  if (fstype !== 'cgroup') return '';
  // What names a hierarchy of cgroup v1.
  const common = new Set(['rw', 'ro', 'xattr', 'clone_children', 'noprefix']);
  return options.filter((option) => !common.has(option) && !option.startsWith('release_agent=')).join(',');
}

/** An interface with an address and the default route beside the loopback; nothing answers behind it. */
function makeNetwork(): void {
  setLinkUp('lo');
  const busybox = (...words: string[]) => execFileSync('/bin/busybox', words);
  busybox('brctl', 'addbr', 'eth0');
  busybox('ip', 'address', 'add', '192.0.2.2/24', 'dev', 'eth0');
  setLinkUp('eth0');
  busybox('ip', 'route', 'add', 'default', 'via', '192.0.2.1');
}

/** What has come to the machine; the kernel takes some of it away a moment after its last process. */
async function leftovers(): Promise<string[]> {
  for (const deadline = performance.now() + 10_000; ; await delay(50)) {
    const found = leaks(before, takeCensus(['/run']), byDesign);
    if (found.length === 0 || performance.now() > deadline) return found;
  }
}
