import { type Exec, execWith } from '@berth/cni/plugin/exec.ts';
import { startProcess } from '@berth/linux/processes/spawn.ts';
import { OutputPipe } from '@berth/linux/streams/output-pipe.ts';

/**
 * Runs CNI plugins with posix_spawn, because a fork of the daemon takes milliseconds, and with real pipes, so that a
 * plugin can open /dev/stdout.
 */
export const execPlugin: Exec = execWith(({ path, env, stdin }) => {
  using stdout = new OutputPipe();
  using stderr = new OutputPipe();
  const descriptors = [stdin, stdout.writeEnd, stderr.writeEnd];
  const { pid, exited } = startProcess({ path, args: [], env, descriptors });
  return { pid, exited, stdout: stdout.output, stderr: stderr.output };
});
