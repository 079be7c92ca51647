// Tells a daemon that was started from another build than this command's. A version number does not change with each.
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { processStat } from '@berth/linux/processes/process.ts';

/** What a daemon of Berth runs, and when it and its process began. Times in milliseconds since 1970. */
export interface RunningBuild {
  /** Its Node.js, which every installation has of its own. */
  readonly program: string;
  /** When its script in this installation got its content; undefined when there is none. */
  readonly changedMs: number | undefined;
  readonly startedMs: number;
}

/** Clock ticks a second in /proc, on every architecture. */
const ticksPerSecond = 100;
/** Resolution of the two clocks that are compared. */
const toleranceMs = 1_000;

/** Why a daemon is not of the build in `root`; undefined when it is, as far as one can see. Pure. */
export function buildProblem(
  { program, changedMs, startedMs }: RunningBuild,
  root: string,
): string | undefined {
  const [, folder] = /^(.*)\/node-linux-[^/]+\/bin\/node( \(deleted\))?$/.exec(program) ?? [];
  // Another runtime or kubelet, which has no build of ours.
  if (folder === undefined) return undefined;
  if (program.endsWith(' (deleted)')) return 'its program was removed since it started: restart it';
  // In the installation, or beside it where a project depends on the package.
  if (folder !== `${root}/node_modules` && folder !== dirname(root))
    return `runs from another installation: ${folder.replace(/\/node_modules$/, '')}`;
  if (changedMs !== undefined && changedMs > startedMs + toleranceMs)
    return 'started from an older build than this command: restart it';
  return undefined;
}

/** What a daemon runs; undefined when it has ended. */
export function runningBuild(pid: number, script: string): RunningBuild | undefined {
  const stat = processStat(pid);
  if (stat === undefined) return undefined;
  const startedMs = bootMs() + (stat.startTime / ticksPerSecond) * 1000;
  try {
    // The time of the last change of the inode: packages and archives keep the time of the content.
    const changedMs = statSync(script, { throwIfNoEntry: false })?.ctimeMs;
    return { program: readlinkSync(`/proc/${pid}/exe`), changedMs, startedMs };
  } catch {
    return undefined;
  }
}

function bootMs(): number {
  const seconds = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1];
  return Number(seconds) * 1000;
}
