import { Protocol } from '@berth/cri/generated/api.ts';
import { unpin } from '@berth/linux/namespaces.ts';
import type { Context } from '../context.ts';
import { messageOf, RuntimeError } from '../errors.ts';
import { attachSandbox } from '../network/attach.ts';
import type { PortMapping } from '../network/capabilities.ts';
import { detachSandbox } from '../network/detach.ts';
import { type Sandbox, sandboxNamespaces } from '../state/sandbox.ts';
import { podSysctls } from './sysctls.ts';

/** Makes the namespaces that are the pod's own and pins each as a file. */
export async function pinNamespaces(
  { namespaces, paths, config }: Context,
  sandbox: Sandbox,
  hostname: string,
): Promise<void> {
  const { hostNetwork, hostIpc, users } = sandboxNamespaces(sandbox.config);
  const { userns, netns, ipcns, utsns } = paths.sandbox(sandbox.id);
  const requested = sandbox.config.linux?.sysctls ?? {};
  const sysctls = podSysctls(requested, config.defaultSysctls, { hostNetwork, hostIpc });
  if (users === undefined && hostNetwork && hostIpc && Object.keys(sysctls).length === 0) return;
  try {
    await namespaces.pin({
      ...(users === undefined ? {} : { user: { path: userns, mappings: users } }),
      // The host's network goes with the host's name, as in every runtime.
      ...(hostNetwork ? {} : { net: netns, uts: utsns, hostname }),
      ...(hostIpc ? {} : { ipc: ipcns }),
      sysctls,
    });
  } catch (error) {
    throw new RuntimeError(
      'INVALID_ARGUMENT',
      `config.linux: making the pod's namespaces failed: ${messageOf(error)}`,
    );
  }
}

/** The files at which a sandbox's namespaces are pinned while it is ready. */
export function expectedPins({ paths }: Context, sandbox: Sandbox): string[] {
  const { hostNetwork, hostIpc, users } = sandboxNamespaces(sandbox.config);
  const { userns, netns, ipcns, utsns } = paths.sandbox(sandbox.id);
  return [
    ...(users === undefined ? [] : [userns]),
    ...(hostNetwork ? [] : [netns, utsns]),
    ...(hostIpc ? [] : [ipcns]),
  ];
}

/**
 * Connects the pod's network namespace; returns its addresses. Not to be cancelled: a plugin that is cut short
 * may leave a lease that names nobody.
 */
export async function attachNetwork({ network, paths }: Context, sandbox: Sandbox): Promise<string[]> {
  const { metadata, portMappings, annotations, dnsConfig } = sandbox.config;
  const { ips } = await attachSandbox(network, {
    sandboxId: sandbox.id,
    netnsPath: paths.sandbox(sandbox.id).netns,
    podName: metadata?.name ?? '',
    podNamespace: metadata?.namespace ?? '',
    podUid: metadata?.uid ?? '',
    portMappings: portMappings.map(
      ({ protocol, containerPort, hostPort, hostIp }): PortMapping => ({
        protocol: protocolName(protocol),
        containerPort,
        hostPort,
        hostIp,
      }),
    ),
    annotations,
    dns: dnsConfig,
  });
  return ips;
}

/** Disconnects the pod and lets go of all its namespaces. Fine to repeat. */
export async function detachNetwork({ network, paths }: Context, sandbox: Sandbox): Promise<void> {
  const { userns, netns, ipcns, utsns } = paths.sandbox(sandbox.id);
  await detachSandbox(network, {
    sandboxId: sandbox.id,
    netnsPath: netns,
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
