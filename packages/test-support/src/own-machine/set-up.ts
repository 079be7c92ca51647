// Preloaded (`node --import`) by the program of a machine of a test's own, in its new namespaces: makes them look like
// a machine before the program begins, and fails the program at its end for what it has left there.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { bindMount, mount, mounts, unmount } from '@berth/linux/mounts/mount.ts';
import type { MountInfo } from '@berth/linux/mounts/mountinfo.ts';
import { setLinkUp } from '@berth/linux/netlink/links.ts';
import { leaks, takeCensus } from '../leaks.ts';
import { patience } from '../machine-speed.ts';

/** The variable with the folder that becomes /run. */
export const runVariable = 'BERTH_OWN_MACHINE_RUN';

/**
 * iptables keeps its lock, and Debian's containerd the network namespace of a pod that it could not connect. A
 * namespace is there by a mount or a process, which are told.
 */
const byDesign = /^(files: \/run\/xtables\.lock|(files|mounts): \/run\/netns\/cni-.*|namespaces: .*)$/;

// Worker threads and forks of the program preload this too.
const run = process.env[runVariable];
if (run !== undefined && isMainThread) {
  delete process.env[runVariable];
  bindMount(run, '/run');
  mountSys(mounts());
  makeNetwork();
  answerNoNames();
  const before = takeCensus(['/run']);
  process.on('exit', () => {
    const left = leftSince(() => leaks(before, takeCensus(['/run']), byDesign));
    if (left.length === 0) return;
    process.exitCode ||= 1;
    writeSync(1, `✖ left on the machine:\n${left.map((line) => `  ${line}\n`).join('')}`);
  });
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

/** Names are not known here at once: to servers beyond the default route each question would wait for seconds. */
function answerNoNames(): void {
  const [own, path, content] = ['/run/resolv.conf', '/etc/resolv.conf', 'nameserver 127.0.0.1\n'];
  // A machine within such a machine has it so already.
  if (!existsSync(path) || readFileSync(path, 'utf8') === content) return;
  writeFileSync(own, content);
  bindMount(own, path);
  rmSync(own);
}

/** An interface with an address and the default route beside the loopback; nothing answers behind it. */
function makeNetwork(): void {
  setLinkUp('lo');
  const script = `set -e
brctl addbr eth0; ip address add 192.0.2.2/24 dev eth0; ip link set eth0 up; ip route add default via 192.0.2.1`;
  execFileSync('/bin/busybox', ['sh', '-c', script]);
}

/** What `look` finds; the kernel takes some of it away a moment after its last process. */
function leftSince(look: () => string[]): string[] {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (const deadline = performance.now() + patience(10_000); ; Atomics.wait(pause, 0, 0, 50)) {
    const found = look();
    if (found.length === 0 || performance.now() > deadline) return found;
  }
}
