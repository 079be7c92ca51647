import type { ExecSyncRequest, ExecSyncResponse } from '@berth/cri/generated/api.ts';
import type { CallContext } from '@berth/cri/server/server.ts';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import { audited } from '../container/audit.ts';
import type { Logger } from '../logging/log.ts';
import { OciRuntimeError } from '../oci-runtime/runtime-log.ts';
import { invalid, RuntimeError, wrongState } from '../rpc/errors.ts';
import type { Container } from '../state/container.ts';
import { execCollected } from './exec-collected.ts';
import { type ExecTargetServices, execTarget, runningContainer } from './exec-target.ts';

/** What ExecSync uses. */
export interface ExecSyncServices extends ExecTargetServices {
  readonly log: Logger;
  readonly cgroups: Cgroups;
}

/** Kubelets accept messages of 16 MiB, which also hold a few bytes besides stdout and stderr. */
const maxOutputBytes = 16 * 1024 * 1024 - 1024;

/** ExecSync: runs a command in a container and waits for its end. */
export async function execSync(
  services: ExecSyncServices,
  request: ExecSyncRequest,
  { signal, peer }: CallContext,
): Promise<ExecSyncResponse> {
  const { cmd } = request;
  if (cmd.length === 0) throw invalid('cmd', 'is required');
  const container = runningContainer(services, request.containerId);
  return await audited(services, 'ExecSync', container, { cmd, peer }, () =>
    run(services, container, request, signal),
  );
}

async function run(
  services: ExecSyncServices,
  container: Container,
  { cmd, timeout }: ExecSyncRequest,
  signal: AbortSignal,
): Promise<ExecSyncResponse> {
  // Overlap the RCU grace period of the cgroup move with the runtime's start. Disposed of at once, because the
  // command may run for long.
  services.cgroups.startRcuGracePeriod()[Symbol.dispose]();
  const timeoutMs = Number(timeout) * 1000;
  const target = execTarget(services, container, { cmd });
  try {
    return await execCollected({
      ...target,
      timeoutMs: timeoutMs > 0 ? timeoutMs : undefined,
      limitBytes: maxOutputBytes,
      signal,
    });
  } catch (error) {
    if (!(error instanceof OciRuntimeError)) throw error;
    const command = `command ${JSON.stringify(cmd)}`;
    if (error.kind === 'NOT_FOUND')
      throw wrongState(`container ${container.id} has just ended: ${error.reason}`);
    throw error.kind === 'TIMEOUT'
      ? new RuntimeError('DEADLINE_EXCEEDED', `${command} timed out after ${timeoutMs} ms`)
      : new RuntimeError(
          'UNKNOWN',
          `${command} could not be run in container ${container.id}: ${error.reason}`,
        );
  }
}
