import type { ExecCommand, RemoteStreams } from '@berth/streaming/server/streaming-runtime.ts';
import { audited } from '../container/audit.ts';
import type { Context } from '../context.ts';
import { execTarget, runningContainer } from './exec-target.ts';
import { execWithStreams } from './run-streamed.ts';

/** Serves the client of an exec URL. */
export async function exec(
  context: Context,
  { containerId, cmd, tty }: ExecCommand,
  streams: RemoteStreams,
): Promise<{ exitCode: number }> {
  const container = runningContainer(context, containerId);
  // As in ExecSync.
  context.cgroups.startRcuGracePeriod()[Symbol.dispose]();
  return await audited(context, 'Exec', container, { cmd, tty, remote: streams.remote }, async () => ({
    exitCode: await execWithStreams({ ...execTarget(context, container, { cmd, tty }), streams }),
  }));
}
