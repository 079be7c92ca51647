import type { ReopenContainerLogRequest, ReopenContainerLogResponse } from '@berth/cri/generated/api.ts';
import { requestLogReopen } from '../conmon/conmon.ts';
import type { Context } from '../context.ts';
import { errnoOf, notFound, wrongState } from '../errors.ts';

/** ReopenContainerLog: the second half of a log rotation, for running containers only. */
export async function reopenContainerLog(
  { state, paths }: Context,
  { containerId }: ReopenContainerLogRequest,
): Promise<ReopenContainerLogResponse> {
  const container = state.containers.find(containerId);
  if (container === undefined) throw notFound('container', containerId);
  if (container.state.phase !== 'running') throw wrongState(`container ${container.id} is not running`);
  try {
    requestLogReopen(paths.container(container.id).bundle.dir);
  } catch (error) {
    if (errnoOf(error) === 'ENXIO') throw wrongState(`container ${container.id} has just ended`);
    throw error;
  }
  return {};
}
