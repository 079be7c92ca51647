// What an earlier run has left that was killed: its processes, cgroups and folders, which have its process id in their
// names. Mounts, network and all else of it are in namespaces that end with the processes.
import { existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hasCode } from '@berth/common/error-code.ts';
import { mounts } from '@berth/linux/mounts/mount.ts';
import { hierarchies, removeMachineCgroups } from '@berth/test-support/own-machine/cgroups.ts';

const prefix = 'berth-node-suite-';

/** The first part of the name of all that this run makes. */
export const runName = `${prefix}${process.pid}`;

/** Ends and removes all that is left of runs that were killed. */
export async function removeLeftovers(): Promise<void> {
  const tops = hierarchies(mounts()).map(({ mountPoint }) => mountPoint);
  const found = [...tops, '/run', '/var/tmp'].flatMap((dir) => globSync(join(dir, `${prefix}*`)));
  const names = new Set(found.map((path) => runOf(basename(path))).filter((name) => name !== undefined));
  for (const name of names) {
    if (isAlive(name)) continue;
    const roots = tops.map((top) => join(top, name)).filter(existsSync);
    await killProcesses(roots);
    await removeMachineCgroups({ roots, leaves: [] });
    for (const path of [`/run/${name}`, ...globSync(`/var/tmp/${name}-*`)])
      rmSync(path, { recursive: true, force: true });
  }
}

/** Pure: the name of the run to which a file belongs. */
export function runOf(name: string): string | undefined {
  return /^berth-node-suite-\d+/.exec(name)?.[0];
}

function isAlive(name: string): boolean {
  try {
    const command = readFileSync(`/proc/${name.slice(prefix.length)}/cmdline`, 'utf8');
    return command.includes('conformance-node');
  } catch {
    return false;
  }
}

/** Kills every process in the cgroups and waits for their ends. */
async function killProcesses(roots: readonly string[]): Promise<void> {
  const files = () =>
    roots.flatMap((root) =>
      globSync(['cgroup.procs', '**/cgroup.procs'], { cwd: root }).map((file) => join(root, file)),
    );
  for (let round = 0; round < 100; round += 1) {
    const pids = files().flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(Boolean));
    if (pids.length === 0) return;
    for (const pid of pids) kill(Number(pid));
    // The kernel reports the end of a process to its parent alone.
    await delay(100);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}
