import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import type { ExecCommand, RemoteStreams } from '@berth/streaming/server/streaming-runtime.ts';
import { audited } from '../container/audit.ts';
import type { Logger } from '../logging/log.ts';
import type { ExecTargetPorts } from './exec-target.ts';
import { execTarget, runningContainer } from './exec-target.ts';
import { execWithStreams } from './run-streamed.ts';

/** What serving the client of an exec URL uses. */
export interface ExecPorts extends ExecTargetPorts {
  readonly log: Logger;
  readonly cgroups: Cgroups;
}

/** Serves the client of an exec URL. */
export async function exec(
  context: ExecPorts,
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
