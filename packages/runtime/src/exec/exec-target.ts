// Finds the running container of an exec and what its OCI runtime needs. Shared by ExecSync and Exec.

import { stdioOwner } from '../container/stdio.ts';
import type { OciRuntimes } from '../oci-runtime/detect.ts';
import { notFound, wrongState } from '../rpc/errors.ts';
import type { Container } from '../state/container.ts';
import type { Paths } from '../state/paths.ts';
import type { State } from '../state/state.ts';
import { containerProcess, execProcess } from './exec-process.ts';

/** What finding the container of a command uses. */
export interface ExecTargetServices {
  readonly paths: Paths;
  readonly state: State;
  readonly runtimes: OciRuntimes;
}

/** Finds a running container by its id or a unique prefix of it. */
export function runningContainer({ state }: { readonly state: State }, id: string): Container {
  const container = state.containers.find(id);
  if (container === undefined) throw notFound('container', id);
  if (container.state.phase !== 'running') throw wrongState(`container ${container.id} is not running`);
  return container;
}

/** What the OCI runtime needs to run a command in a container. */
export function execTarget(
  { paths, runtimes, state }: ExecTargetServices,
  container: Container,
  { cmd, tty = false }: { cmd: string[]; tty?: boolean },
) {
  const sandbox = state.sandboxes.get(container.sandboxId);
  const { bundle } = paths.container(container.id);
  const process = execProcess(containerProcess(bundle.config), cmd, { terminal: tty });
  return {
    runtime: runtimes.get(sandbox?.runtime ?? ''),
    containerId: container.id,
    process,
    stdioOwner: sandbox && stdioOwner(sandbox, process.user),
    dir: bundle.exec,
  };
}
