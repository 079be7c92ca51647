import { hostname as nodeHostname } from 'node:os';
import { NamespaceMode, type PodSandboxConfig, type UserNamespace } from '@berth/cri/generated/api.ts';
import { hostId, type IdMappings } from '@berth/linux/namespaces/id-mappings.ts';
import type { SandboxId } from './ids.ts';
import type { ContainerProcesses } from './process-ref.ts';

/**
 * Where a sandbox is in its life. `creating`, `stopping` and `removing` are intents, written before the
 * work is begun: after a crash the first is undone and the other two are finished.
 */
export type SandboxState =
  | { readonly phase: 'creating' }
  | {
      readonly phase: 'ready';
      /** Addresses of the pod, the first one primary; empty in the host's network. */
      readonly ips: readonly string[];
      /** The init of a shared PID namespace. */
      readonly init: ContainerProcesses | undefined;
    }
  | { readonly phase: 'stopping' }
  | { readonly phase: 'stopped' }
  | { readonly phase: 'removing' };

/** A pod sandbox. Immutable: the store replaces it when its state changes. */
export interface Sandbox {
  readonly id: SandboxId;
  /** Reserved name, unique among sandboxes. */
  readonly name: string;
  readonly config: PodSandboxConfig;
  /** Name of the runtime handler as requested; '' is the default one. */
  readonly runtimeHandler: string;
  /** Name of the OCI runtime that this was at the time; the default may be another one later. */
  readonly runtime: string;
  /** Nanoseconds since 1970. */
  readonly createdAt: bigint;
  /** Cgroup below which the pod's containers live. */
  readonly cgroupParent: string;
  /** The topmost cgroup above its containers' that came with it or a sandbox before it; '' for none. */
  readonly ownedCgroup: string;
  /** Its own SELinux level, such as `s0:c1,c2`; '' where SELinux is not in use. */
  readonly selinuxLevel: string;
  readonly state: SandboxState;
}

/** Which of its namespaces a sandbox shares with the host, and whether its containers share one for PIDs. */
export interface SandboxNamespaces {
  readonly hostNetwork: boolean;
  readonly hostIpc: boolean;
  readonly hostPid: boolean;
  readonly sharedPid: boolean;
  /** Whom the pod's own user namespace maps; undefined in the host's. */
  readonly users: IdMappings | undefined;
}

/** The namespaces that a config asks for. Without any options it gets CRI's defaults, all of them the pod's. */
export function sandboxNamespaces(config: PodSandboxConfig): SandboxNamespaces {
  const options = config.linux?.securityContext?.namespaceOptions;
  return {
    hostNetwork: options?.network === NamespaceMode.NODE,
    hostIpc: options?.ipc === NamespaceMode.NODE,
    hostPid: options?.pid === NamespaceMode.NODE,
    // Without options nothing was said about PIDs, and an init for nothing is not wanted.
    sharedPid: options?.pid === NamespaceMode.POD,
    users: podUsers(options?.usernsOptions),
  };
}

function podUsers(options: UserNamespace | undefined): IdMappings | undefined {
  if (options?.mode !== NamespaceMode.POD) return undefined;
  const { uids, gids } = options;
  return { uids, gids };
}

/** Who root of a pod is on the host: the owner of files that are the pod's. */
export function podRoot({ users }: Pick<SandboxNamespaces, 'users'>): { uid: number; gid: number } {
  return users === undefined
    ? { uid: 0, gid: 0 }
    : { uid: hostId(users.uids, 0), gid: hostId(users.gids, 0) };
}

/** The host name that processes in the pod see. */
export function sandboxHostname({ id, config }: Sandbox): string {
  if (config.hostname !== '') return config.hostname;
  return sandboxNamespaces(config).hostNetwork ? nodeHostname() : id.slice(0, 12);
}
