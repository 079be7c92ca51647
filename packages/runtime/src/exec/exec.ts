import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import type { ExecCommand, RemoteStreams } from '@berth/streaming/server/streaming-runtime.ts';
import { audited } from '../container/audit.ts';
import type { Logger } from '../logging/log.ts';
import { execStreamed } from './exec-streamed.ts';
import { type ExecTargetServices, execTarget, runningContainer } from './exec-target.ts';

/** What serving the client of an exec URL uses. */
export interface ExecServices extends ExecTargetServices {
  readonly log: Logger;
  readonly cgroups: Cgroups;
}

/** Serves the client of an exec URL. */
export async function exec(
  services: ExecServices,
  { containerId, cmd, tty }: ExecCommand,
  streams: RemoteStreams,
): Promise<{ exitCode: number }> {
  const container = runningContainer(services, containerId);
  // As in ExecSync.
  services.cgroups.startRcuGracePeriod()[Symbol.dispose]();
  return await audited(services, 'Exec', container, { cmd, tty, remote: streams.remote }, async () => ({
    exitCode: await execStreamed({ ...execTarget(services, container, { cmd, tty }), streams }),
  }));
}
