import { type CniResult, sandboxAddresses } from '@berth/cni/result/result.ts';
import { CniError } from '@berth/cni/spec/errors.ts';
import { messageWithCauses, RuntimeError } from '../rpc/errors.ts';
import { type CapabilityRequest, capabilityArgs, noPortmap, unmappedPorts } from './capabilities.ts';
import { withoutIdlePlugins } from './chain.ts';
import { isDefaultNetwork } from './default-names.ts';
import type { PodNetwork } from './pod-network.ts';

/** The name of a pod's interface, which the kubelet, kubectl and users expect. */
export const podInterface = 'eth0';

export interface AttachRequest extends CapabilityRequest {
  readonly sandboxId: string;
  /** The pinned network namespace. */
  readonly netnsPath: string;
  readonly podName: string;
  readonly podNamespace: string;
  readonly podUid: string;
}

/**
 * Attaches a sandbox to the node's network. After a failure, DEL rolls back the plugins' work as far as possible.
 * @returns the pod's addresses, the first one primary, and the whole result of the plugins
 * @throws RuntimeError UNAVAILABLE while there is no network, INTERNAL naming the plugin that failed,
 *   INVALID_ARGUMENT for a malformed bandwidth annotation
 */
export async function attachSandbox(
  network: PodNetwork,
  request: AttachRequest,
): Promise<{ ips: string[]; result: CniResult }> {
  const { selected, problem } = network.config;
  if (selected === undefined) throw new RuntimeError('UNAVAILABLE', `network is not ready: ${problem}`);
  const runtime = attachmentOf(request);
  const { capabilityArgs: capabilities } = runtime;
  const list = isDefaultNetwork(selected.file)
    ? withoutIdlePlugins(selected.list, capabilities)
    : selected.list;
  // portmap sets route_localnet on the bridge, which opens it to 127.0.0.0/8 for host ports.
  if (capabilities.portMappings !== undefined) network.loopbackGuard.restore();
  const unmapped = unmappedPorts(list, request.portMappings);
  if (unmapped.length > 0) {
    network.log.warning(`Host ports of a pod lead nowhere: ${noPortmap(list)}`, {
      pod: `${request.podNamespace}/${request.podName}`,
      hostPorts: unmapped.map(({ hostPort, protocol }) => `${hostPort}/${protocol}`).join(','),
      sandbox: request.sandboxId,
    });
  }
  try {
    const result = await network.cni.addNetworkList(list, runtime);
    const ips = sandboxAddresses(result, podInterface);
    if (ips.length > 0) return { ips, result };
    throw new RuntimeError('INTERNAL', `network ${list.name} gave the pod no IP address (${selected.file})`);
  } catch (error) {
    await network.cni.delNetworkList(list, runtime).catch((undoError) =>
      network.log.warning('Undoing a failed network attachment failed', {
        sandbox: request.sandboxId,
        error: messageWithCauses(undoError),
      }),
    );
    if (error instanceof CniError) throw new RuntimeError('INTERNAL', error.message, { cause: error.cause });
    throw error;
  }
}

/** The CNI runtime configuration of a sandbox, for ADD and DEL. */
export function attachmentOf(request: AttachRequest) {
  return {
    containerId: request.sandboxId,
    netns: request.netnsPath,
    ifName: podInterface,
    args: podArgs(request),
    capabilityArgs: capabilityArgs(request),
  };
}

/** CNI_ARGS in the form of every Kubernetes runtime; plugins such as Calico and Multus identify the pod by them. */
export function podArgs(
  pod: Pick<AttachRequest, 'sandboxId' | 'podName' | 'podNamespace' | 'podUid'>,
): [string, string][] {
  return [
    ['IgnoreUnknown', '1'],
    ['K8S_POD_NAMESPACE', pod.podNamespace],
    ['K8S_POD_NAME', pod.podName],
    ['K8S_POD_INFRA_CONTAINER_ID', pod.sandboxId],
    ['K8S_POD_UID', pod.podUid],
  ];
}
