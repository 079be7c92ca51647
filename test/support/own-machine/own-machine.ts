// A machine of a test's own, made of this one: processes, network, mounts, System V IPC, host name and cgroups of
// its own, and a /run that is empty. Tests on such machines do not see each other and can run at once.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { mounts } from '@berth/linux/mount.ts';
import { checkout } from '../scratch.ts';
import { type MachineCgroups, makeMachineCgroups, removeMachineCgroups } from './cgroups.ts';

export interface OwnMachine {
  /** Everything that is printed there, on either output. */
  output: Readable;
  /** Resolves with the program's exit code when nothing is left of the machine. */
  ended: Promise<number>;
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

/** Runs a program on a machine named `name`; its /run is a folder of the same name in `runDir`. */
export function startOnOwnMachine(options: {
  name: string;
  runDir: string;
  argv: string[];
  env?: NodeJS.ProcessEnv;
}): OwnMachine {
  const { name, runDir, argv, env } = options;
  const run = join(runDir, name);
  mkdirSync(run);
  const cgroups = makeMachineCgroups(name, mounts());
  const inside = [join(checkout, 'scripts/node'), join(import.meta.dirname, 'inside.ts'), run, ...argv];
  const unshare = ['unshare', ...namespaces, '--propagation=private', 'catatonit', '--', ...inside];
  const words = [...cgroups.roots, '--', ...cgroups.leaves, '--', ...unshare];
  const child = spawn('sh', ['-c', `exec 2>&1; ${enter}`, '-', ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  return { output: child.stdout, ended: end(child, cgroups, run), kill: () => child.kill('SIGKILL') };
}

async function end(
  child: ChildProcessByStdio<null, Readable, null>,
  cgroups: MachineCgroups,
  run: string,
): Promise<number> {
  await once(child, 'close');
  await removeMachineCgroups(cgroups);
  rmSync(run, { recursive: true });
  return child.exitCode ?? 128;
}
