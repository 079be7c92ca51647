// The root directory of a running container, as a descriptor.
import { constants, openSync, readFileSync } from 'node:fs';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import { ContainerState } from '@berth/cri/generated/api.ts';
import type { App } from '@berth/crictl/app/app.ts';
import { containerId, resolveContainer } from '@berth/crictl/lookup/ids.ts';
import { namedPod, podsCalled } from '@berth/crictl/lookup/names.ts';
import { closeDescriptor } from '@berth/linux/syscall/libc.ts';
import { UserError } from '../errors/user-error.ts';

export interface ContainerRoot extends Disposable {
  /** O_PATH; resolve paths in it by openat2(2) only. */
  readonly descriptor: number;
  /** Ids on this machine of the container's first process. */
  readonly user: { readonly uid: number; readonly gid: number };
}

/**
 * Opens the root directory of a running container with everything that is mounted in it.
 * @param given an id, or a name of a container or a pod
 * @throws UserError when it does not run
 */
export async function openContainerRoot(app: App, given: string): Promise<ContainerRoot> {
  const id = await containerIn(app, given);
  const pid = await pidOf(app, id, given);
  const descriptor = openSync(`/proc/${pid}/root`, O_PATH | constants.O_DIRECTORY);
  try {
    const user = userOf(pid);
    // The container still has this process, so it had it when its directory was opened.
    if ((await pidOf(app, id, given)) !== pid) throw new UserError(`${given} was restarted meanwhile`);
    return { descriptor, user, [Symbol.dispose]: () => closeDescriptor(descriptor) };
  } catch (error) {
    closeDescriptor(descriptor);
    throw error;
  }
}

/** A place is written as POD:/PATH: the name of a pod comes before that of a container in another pod. */
async function containerIn(app: App, given: string): Promise<string> {
  const runtime = await app.runtime();
  const { items } = await runtime.listPodSandbox({}, app.call());
  const pods = podsCalled(given, items.map(namedPod));
  if (pods.length === 0) return await containerId(app, given);
  const { containers } = await runtime.listContainers({}, app.call());
  const members = containers.filter(({ podSandboxId }) => pods.some(({ id }) => id === podSandboxId));
  return await resolveContainer(given, members, items);
}

async function pidOf(app: App, id: string, given: string): Promise<number> {
  const runtime = await app.runtime();
  const { status, info } = await runtime.containerStatus({ containerId: id, verbose: true }, app.call());
  if (status?.state !== ContainerState.CONTAINER_RUNNING)
    throw new UserError(`${given} does not run: its files can be copied while it does`);
  const parsed: unknown = JSON.parse(info['info'] ?? '{}');
  const pid = isObject(parsed) ? parsed['pid'] : undefined;
  if (typeof pid !== 'number' || !(pid > 0))
    throw new UserError(`the runtime does not tell the process of ${given}`);
  return pid;
}

function userOf(pid: number): { uid: number; gid: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  // Real, effective, saved and file system id.
  const id = (name: string) => Number(new RegExp(`^${name}:\\s+\\d+\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return { uid: id('Uid'), gid: id('Gid') };
}
