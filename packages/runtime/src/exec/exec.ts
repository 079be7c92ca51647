// Exec, second half: runs the command when a client opens the URL that streaming/service.ts returned.

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

/** Runs the command of an exec URL with the client's streams. */
export async function exec(
  services: ExecServices,
  { containerId, cmd, tty }: ExecCommand,
  streams: RemoteStreams,
): Promise<{ exitCode: number }> {
  const container = runningContainer(services, containerId);
  // Overlap the RCU grace period with the runtime's start, as in exec-sync.ts.
  services.cgroups.startRcuGracePeriod()[Symbol.dispose]();
  return await audited(services, 'Exec', container, { cmd, tty, remote: streams.remote }, async () => ({
    exitCode: await execStreamed({ ...execTarget(services, container, { cmd, tty }), streams }),
  }));
}
