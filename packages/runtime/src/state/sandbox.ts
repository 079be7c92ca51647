// The type of a stored sandbox, the phases of its life, and the namespaces derived from its config.

import { hostname as nodeHostname } from 'node:os';
import { NamespaceMode, type PodSandboxConfig, type UserNamespace } from '@berth/cri/generated/api.ts';
import { hostId, type IdMappings } from '@berth/linux/namespaces/id-mappings.ts';
import type { SandboxId } from './ids.ts';
import type { ContainerProcesses } from './process-ref.ts';

/**
 * A sandbox's phase. `creating`, `stopping` and `removing` are intents, written before the work begins: after a
 * crash, recovery undoes a creation and finishes a stop or removal.
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
  /** The handler that '' resolved to when the sandbox was created; the default may change later. */
  readonly runtime: string;
  /** Nanoseconds since 1970. */
  readonly createdAt: bigint;
  /** Cgroup below which the pod's containers live. */
  readonly cgroupParent: string;
  /** The topmost cgroup that was created for it or for a sandbox before it; '' for none. */
  readonly ownedCgroup: string;
  /** Its own SELinux level, such as `s0:c1,c2`; '' where SELinux is not in use. */
  readonly selinuxLevel: string;
  readonly state: SandboxState;
}

/** The namespaces that a sandbox shares with the host, and whether its containers share a PID namespace. */
export interface SandboxNamespaces {
  readonly hostNetwork: boolean;
  readonly hostIpc: boolean;
  readonly hostPid: boolean;
  readonly sharedPid: boolean;
  /** Id mappings of the pod's own user namespace; undefined in the host's. */
  readonly users: IdMappings | undefined;
}

/** The namespaces that a config requests. Without options they are the CRI's defaults: all the pod's own. */
export function sandboxNamespaces(config: PodSandboxConfig): SandboxNamespaces {
  const options = config.linux?.securityContext?.namespaceOptions;
  return {
    hostNetwork: options?.network === NamespaceMode.NODE,
    hostIpc: options?.ipc === NamespaceMode.NODE,
    hostPid: options?.pid === NamespaceMode.NODE,
    // Without options the PID mode is unset, and no init is started.
    sharedPid: options?.pid === NamespaceMode.POD,
    users: podUsers(options?.usernsOptions),
  };
}

function podUsers(options: UserNamespace | undefined): IdMappings | undefined {
  if (options?.mode !== NamespaceMode.POD) return undefined;
  const { uids, gids } = options;
  return { uids, gids };
}

/** Ids of a pod's root on the host: the owner of the pod's files. */
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
