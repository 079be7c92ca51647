// The default Exec: runs plugins by node:child_process. berthd passes its own (runtime/network/plugin-exec.ts).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Exec, execWith, type PluginProcess } from './exec.ts';

/**
 * Runs a plugin by node:child_process. Node makes sockets for the output, not pipes: a plugin can write to its stdout
 * and stderr, but opening /dev/stdout fails with ENXIO.
 */
export const childProcessExec: Exec = execWith(async ({ path, env, stdin }): Promise<PluginProcess> => {
  // detached: the child leads a new session and process group.
  const child = spawn(path, { cwd: '/', env, detached: true, stdio: [stdin, 'pipe', 'pipe'] });
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  const { pid, stdout, stderr } = child;
  // Without a pid, the `error` event follows and rejects `exited`.
  if (pid === undefined || stdout === null || stderr === null)
    throw await exited.then(() => new Error(`${path} did not start`));
  return { pid, exited, stdout, stderr };
});
