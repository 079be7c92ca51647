// A machine of a test's own, made of this one: processes, network, mounts, System V IPC, host name and cgroups of
// its own, and a /run that is empty. Tests on such machines do not see each other and can run at once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { mounts } from '@berth/linux/mounts/mount.ts';
import { checkout } from '../scratch.ts';
import { makeMachineCgroups, processorSeconds, removeMachineCgroups } from './cgroups.ts';
import { runVariable } from './set-up.ts';

export interface OwnMachine {
  /** Everything that is printed there, on either output. */
  output: Readable;
  /** Resolves with the program's exit code when nothing is left of the machine. */
  ended: Promise<number>;
  /** The processor time that it has taken, in seconds; known at its end. */
  readonly processorSeconds: number;
  /** Ends every process on it. */
  kill(): void;
}

/** Enters the cgroups named before each `--`: those of the first in front of the namespace, the others within. */
const enter = `
while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs" || exit 125; shift; done; shift
exec unshare --cgroup sh -c '
while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs" || exit 125; shift; done; shift
exec "$@"' - "$@"`;

const namespaces = ['--mount', '--net', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--mount-proc'];

/** Runs Node.js with `args` on a machine named `name`; its /run is a folder of the same name in `runDir`. */
export function startOnOwnMachine(options: {
  name: string;
  runDir: string;
  args: string[];
  /** How many times the processor time of others it gets, when that is short. */
  weight?: number;
}): OwnMachine {
  const { name, runDir, args, weight = 1 } = options;
  const run = join(runDir, name);
  mkdirSync(run);
  const cgroups = makeMachineCgroups(name, mounts(), weight);
  const node = [process.execPath, '--import', join(import.meta.dirname, 'set-up.ts'), ...args];
  const unshare = ['unshare', ...namespaces, '--propagation=private', 'catatonit', '--', ...node];
  const words = [...cgroups.roots, '--', ...cgroups.leaves, '--', ...unshare];
  const child = spawn('sh', ['-c', `exec 2>&1; ${enter}`, '-', ...words], {
    cwd: checkout,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, [runVariable]: run },
  });
  let usage = 0;
  const ended = once(child, 'close').then(async () => {
    usage = processorSeconds(cgroups);
    await removeMachineCgroups(cgroups);
    rmSync(run, { recursive: true });
    return child.exitCode ?? 128;
  });
  return {
    output: child.stdout,
    ended,
    get processorSeconds() {
      return usage;
    },
    kill: () => child.kill('SIGKILL'),
  };
}
