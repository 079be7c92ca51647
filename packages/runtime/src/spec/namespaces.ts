import { NamespaceMode, type NamespaceOption, type UserNamespace } from '@berth/cri/generated/api.ts';
import { type IdMapping, type IdMappings, sameMappings } from '@berth/linux/namespaces/id-mappings.ts';
import type { Linux, LinuxIdMapping, LinuxNamespace } from '@berth/oci/runtime-spec/config.ts';
import { invalid, wrongState } from '../rpc/errors.ts';
import type { Warn } from '../rpc/warn.ts';
import type { SandboxView } from './input.ts';

const field = 'config.linux.security_context.namespace_options';

/**
 * The namespaces of a container: network, IPC and UTS are the pod's pinned ones or the host's; the mount namespace
 * is its own, and so is the cgroup namespace on hosts with only cgroup v2. Without namespace options the container
 * uses the pod's PID namespace.
 */
export function namespaces(options: {
  request: NamespaceOption | undefined;
  sandbox: SandboxView;
  targetPid: number | undefined;
  cgroupVersion: 'v1' | 'hybrid' | 'v2';
  privileged: boolean;
  warn: Warn;
}): LinuxNamespace[] {
  const { request, sandbox } = options;
  checkUserNamespace(request?.usernsOptions, sandbox.users);
  const ownCgroup = options.cgroupVersion === 'v2' && !options.privileged;
  return [
    { type: 'mount' },
    ...podNamespaces(sandbox),
    ...pidNamespace(request, sandbox, options),
    ...(ownCgroup ? [{ type: 'cgroup' as const }] : []),
  ];
}

/** The pod's pinned namespaces; the user namespace owns the others. */
export function podNamespaces({ namespaces: files }: Pick<SandboxView, 'namespaces'>): LinuxNamespace[] {
  return (['user', 'network', 'ipc', 'uts'] as const).flatMap((type) => {
    const path = files[type];
    return path === undefined ? [] : [{ type, path }];
  });
}

/** `uidMappings` and `gidMappings`, which config.json needs in addition to the user namespace. */
export function idMappings({
  users,
}: Pick<SandboxView, 'users'>): Pick<Linux, 'uidMappings' | 'gidMappings'> {
  if (users === undefined) return {};
  const ociMapping = ({ containerId, hostId, length }: IdMapping): LinuxIdMapping => ({
    containerID: containerId,
    hostID: hostId,
    size: length,
  });
  return { uidMappings: users.uids.map(ociMapping), gidMappings: users.gids.map(ociMapping) };
}

/**
 * Checks that the request has the pod's user namespace. A container uses it also when the request does not mention
 * one.
 */
function checkUserNamespace(request: UserNamespace | undefined, users: IdMappings | undefined): void {
  if (request === undefined) return;
  const { uids, gids } = request;
  const isSame =
    request.mode === NamespaceMode.POD
      ? users !== undefined && sameMappings({ uids, gids }, users)
      : request.mode === NamespaceMode.NODE && users === undefined;
  if (!isSame) throw invalid(`${field}.userns_options`, "is different from the pod's user namespace");
}

function pidNamespace(
  request: NamespaceOption | undefined,
  sandbox: SandboxView,
  { targetPid, warn }: { targetPid: number | undefined; warn: Warn },
): LinuxNamespace[] {
  if (request === undefined) return podPidNamespace(sandbox) ?? [{ type: 'pid' }];
  switch (request.pid) {
    case NamespaceMode.CONTAINER:
      return [{ type: 'pid' }];
    case NamespaceMode.NODE:
      return [];
    case NamespaceMode.TARGET:
      if (targetPid === undefined) {
        throw wrongState(`${field}.target_id: container ${JSON.stringify(request.targetId)} is not running`);
      }
      return [{ type: 'pid', path: `/proc/${targetPid}/ns/pid` }];
    default: {
      // POD, which is also the default value of the field.
      const joined = podPidNamespace(sandbox);
      if (joined !== undefined) return joined;
      warn(
        `${field}.pid`,
        `pod ${sandbox.name} was not created with a shared PID namespace, so the container gets its own`,
      );
      return [{ type: 'pid' }];
    }
  }
}

/** The PID namespace of the pod itself; undefined when each of its containers has its own. */
function podPidNamespace(sandbox: SandboxView): LinuxNamespace[] | undefined {
  if (sandbox.hostPid) return [];
  return sandbox.initPid === undefined
    ? undefined
    : [{ type: 'pid', path: `/proc/${sandbox.initPid}/ns/pid` }];
}
