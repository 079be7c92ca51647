import { readFileSync } from 'node:fs';
import type { ExecSyncRequest, ExecSyncResponse } from '@berth/cri/generated/api.ts';
import type { Process, Spec } from '@berth/oci/runtime-spec.ts';
import type { Context } from '../context.ts';
import { invalid, notFound, RuntimeError, wrongState } from '../errors.ts';
import { execProcess } from '../oci-runtime/exec-process.ts';
import { execSync as execInRuntime } from '../oci-runtime/exec-sync.ts';
import { OciRuntimeError } from '../oci-runtime/runtime-log.ts';
import { stdioOwner } from './stdio.ts';

/** A kubelet takes messages of 16 MiB, and this one needs a few bytes beside stdout and stderr. */
const maxOutputBytes = 16 * 1024 * 1024 - 1024;

/** ExecSync: runs a command in a container and waits for its end. */
export async function execSync(
  context: Context,
  { containerId, cmd, timeout }: ExecSyncRequest,
  { signal }: { signal: AbortSignal },
): Promise<ExecSyncResponse> {
  const container = context.state.containers.find(containerId);
  if (container === undefined) throw notFound('container', containerId);
  if (cmd.length === 0) throw invalid('cmd', 'is required');
  if (container.state.phase !== 'running') throw wrongState(`container ${container.id} is not running`);
  const sandbox = context.state.sandboxes.get(container.sandboxId);
  const { bundle } = context.paths.container(container.id);
  const timeoutMs = Number(timeout) * 1000;
  const process = execProcess(readProcess(bundle.config), cmd);
  try {
    return await execInRuntime({
      runtime: context.runtimes.get(sandbox?.runtime ?? ''),
      containerId: container.id,
      process,
      stdioOwner: sandbox && stdioOwner(sandbox, process.user),
      dir: bundle.exec,
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

/** The container's own process, whose user, environment and rights a command gets. */
function readProcess(configPath: string): Process {
  const spec: Spec = JSON.parse(readFileSync(configPath, 'utf8'));
  if (spec.process === undefined) throw new Error(`${configPath} has no process`);
  return spec.process;
}
