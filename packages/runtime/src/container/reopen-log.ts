import { hasCode } from '@berth/common/error-code.ts';
import type { ReopenContainerLogRequest, ReopenContainerLogResponse } from '@berth/cri/generated/api.ts';
import { waitForExit } from '@berth/linux/processes/process.ts';
import { reopenLog } from '../conmon/control.ts';
import { notFound, wrongState } from '../rpc/errors.ts';
import type { Paths } from '../state/paths.ts';
import type { State } from '../state/state.ts';
import { clearReopenedLog, requireLogFolder } from './log-directory.ts';

/**
 * ReopenContainerLog: the second half of a log rotation, for running containers. The new file exists when the call
 * returns.
 */
export async function reopenContainerLog(
  { state, paths }: { readonly paths: Paths; readonly state: State },
  { containerId }: ReopenContainerLogRequest,
): Promise<ReopenContainerLogResponse> {
  const container = state.containers.find(containerId);
  if (container === undefined) throw notFound('container', containerId);
  if (container.state.phase !== 'running') throw wrongState(`container ${container.id} is not running`);
  if (container.logPath === '') return {};
  const hasEnded = () => wrongState(`container ${container.id} has just ended`);
  // conmon may end after it read the command and before it reopens the log.
  const done = new AbortController();
  const gone = new AbortController();
  waitForExit(container.state.processes.conmon, done.signal).then(
    () => gone.abort(hasEnded()),
    () => {},
  );
  try {
    const logDirectory = state.sandboxes.get(container.sandboxId)?.config.logDirectory;
    if (logDirectory) requireLogFolder(container.logPath, logDirectory, 'config.log_path');
    await clearReopenedLog(container.logPath);
    await reopenLog(paths.container(container.id).bundle.dir, container.logPath, { signal: gone.signal });
  } catch (error) {
    if (hasCode(error, 'ENXIO')) throw hasEnded();
    throw error;
  } finally {
    done.abort();
  }
  return {};
}
