// Creates a sandbox's namespaces, builds the request for its network attachment, and undoes both.

import { type PortMapping as CriPortMapping, Protocol } from '@berth/cri/generated/api.ts';
import { type NamespaceWorker, unpin } from '@berth/linux/namespaces/namespaces.ts';
import type { LiveConfig } from '../config/live-config.ts';
import type { AttachRequest } from '../network/attach.ts';
import type { PortMapping } from '../network/capabilities.ts';
import { detachSandbox } from '../network/detach.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import { messageWithCauses, RuntimeError } from '../rpc/errors.ts';
import type { Paths } from '../state/paths.ts';
import { type Sandbox, sandboxNamespaces } from '../state/sandbox.ts';
import { podSysctls } from './sysctls.ts';

/** What pinNamespaces uses. */
export interface SandboxNetworkServices {
  readonly config: LiveConfig;
  readonly paths: Paths;
  readonly namespaces: NamespaceWorker;
}

/** Creates the pod's own namespaces and pins each to a file. */
export async function pinNamespaces(
  { namespaces, paths, config }: SandboxNetworkServices,
  sandbox: Sandbox,
  hostname: string,
): Promise<void> {
  const { hostNetwork, hostIpc, users } = sandboxNamespaces(sandbox.config);
  const { userns, netns, ipcns, utsns } = paths.sandbox(sandbox.id);
  const requested = sandbox.config.linux?.sysctls ?? {};
  const sysctls = podSysctls(requested, config.current.defaultSysctls, { hostNetwork, hostIpc });
  if (users === undefined && hostNetwork && hostIpc && Object.keys(sysctls).length === 0) return;
  try {
    await namespaces.pin({
      ...(users === undefined ? {} : { user: { path: userns, mappings: users } }),
      // A pod in the host's network also has the host's name, as in every runtime.
      ...(hostNetwork ? {} : { net: netns, uts: utsns, hostname }),
      ...(hostIpc ? {} : { ipc: ipcns }),
      sysctls,
    });
  } catch (error) {
    throw new RuntimeError(
      'INVALID_ARGUMENT',
      `config.linux: making the pod's namespaces failed: ${messageWithCauses(error)}`,
    );
  }
}

/** The files at which a sandbox's namespaces are pinned while it is ready. */
export function expectedPins({ paths }: { readonly paths: Paths }, sandbox: Sandbox): string[] {
  const { hostNetwork, hostIpc, users } = sandboxNamespaces(sandbox.config);
  const { userns, netns, ipcns, utsns } = paths.sandbox(sandbox.id);
  return [
    ...(users === undefined ? [] : [userns]),
    ...(hostNetwork ? [] : [netns, utsns]),
    ...(hostIpc ? [] : [ipcns]),
  ];
}

/** The request to attach a sandbox to the network, derived from its config. */
export function attachRequest({ paths }: { readonly paths: Paths }, sandbox: Sandbox): AttachRequest {
  const { metadata, portMappings, annotations, dnsConfig, linux } = sandbox.config;
  return {
    sandboxId: sandbox.id,
    netnsPath: paths.sandbox(sandbox.id).netns,
    podName: metadata?.name ?? '',
    podNamespace: metadata?.namespace ?? '',
    podUid: metadata?.uid ?? '',
    portMappings: requestedPorts(portMappings),
    annotations,
    cgroupParent: linux?.cgroupParent ?? '',
    dns: dnsConfig,
  };
}

/** Converts the port mappings of a request to CNI's form. */
export function requestedPorts(mappings: readonly CriPortMapping[]): PortMapping[] {
  return mappings.map(({ protocol, containerPort, hostPort, hostIp }) => ({
    protocol: protocolName(protocol),
    containerPort,
    hostPort,
    hostIp,
  }));
}

/** Detaches the pod from the network and removes all its namespaces. Idempotent. */
export async function detachNetwork(
  services: { readonly paths: Paths; readonly network: PodNetwork },
  sandbox: Sandbox,
): Promise<void> {
  const { network, paths } = services;
  const { userns, netns, ipcns, utsns } = paths.sandbox(sandbox.id);
  const { phase } = sandbox.state;
  await detachSandbox(network, {
    sandboxId: sandbox.id,
    netnsPath: netns,
    pod: attachRequest(services, sandbox),
    isAttached: phase === 'ready' && !sandboxNamespaces(sandbox.config).hostNetwork,
    releaseNamespace: () => unpin(netns),
  });
  unpin(utsns);
  unpin(ipcns);
  unpin(userns);
}

function protocolName(protocol: Protocol): PortMapping['protocol'] {
  switch (protocol) {
    case Protocol.TCP:
      return 'tcp';
    case Protocol.UDP:
      return 'udp';
    case Protocol.SCTP:
      return 'sctp';
  }
}
