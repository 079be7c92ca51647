import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Exec, execWith, type PluginProcess } from './exec.ts';

/**
 * The exec of the library's own, by node:child_process. Node makes sockets for the output, not pipes: a plugin can
 * write to its stdout and stderr, but not open /dev/stdout, which fails with ENXIO.
 */
export const childProcessExec: Exec = execWith(async ({ path, env, stdin }): Promise<PluginProcess> => {
  // A detached child leads a session, and so a process group, of its own.
  const child = spawn(path, { cwd: '/', env, detached: true, stdio: [stdin, 'pipe', 'pipe'] });
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  const { pid, stdout, stderr } = child;
  // Without a pid the event `error` follows, with which `exited` rejects.
  if (pid === undefined || stdout === null || stderr === null)
    throw await exited.then(() => new Error(`${path} did not start`));
  return { pid, exited, stdout, stderr };
});
