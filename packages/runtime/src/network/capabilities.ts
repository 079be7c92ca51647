// Builds the runtimeConfig (CNI capabilities) of a pod: port mappings, bandwidth, DNS, cgroup, annotations. Pure.

import type { NetworkConfigList } from '@berth/cni/config/conf-list.ts';
import type { Json, JsonObject } from '@berth/cni/spec/json.ts';
import { bytes as wholeUnits } from '@berth/common/quantity.ts';
import { invalid } from '../rpc/errors.ts';

/** A port of the host that is forwarded to the pod. */
export interface PortMapping {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly containerPort: number;
  /** 0: the pod only declares the port. */
  readonly hostPort: number;
  /** Empty for every address of the host. */
  readonly hostIp: string;
}

/** The properties of a pod that plugins with capabilities receive. */
export interface CapabilityRequest {
  readonly portMappings: readonly PortMapping[];
  readonly annotations: Readonly<Record<string, string>>;
  /** The pod's cgroup, for plugins that attach programs to it; empty when it has no cgroup of its own. */
  readonly cgroupParent?: string;
  readonly dns?:
    | {
        readonly servers: readonly string[];
        readonly searches: readonly string[];
        readonly options: readonly string[];
      }
    | undefined;
}

// The bandwidth plugin requires a burst; this value of CRI-O's has no effect in practice.
const unlimitedBurst = 0xffffffff * 8 - 1;
const minRate = 1_000;
const maxRate = 1e15;

/**
 * The `runtimeConfig` of CNI's conventions by capability name: portMappings, bandwidth, dns, cgroupPath, and
 * containerd's io.kubernetes.cri.pod-annotations.
 * @throws RuntimeError INVALID_ARGUMENT naming the annotation with a malformed bandwidth
 */
export function capabilityArgs(request: CapabilityRequest): Record<string, Json> {
  const { portMappings, annotations, dns, cgroupParent = '' } = request;
  const args: Record<string, Json> = {};
  const mapped = portMappings.filter(({ hostPort }) => hostPort > 0);
  if (mapped.length > 0) {
    args.portMappings = mapped.map(({ hostPort, containerPort, protocol, hostIp }) => ({
      hostPort,
      containerPort,
      protocol,
      hostIP: hostIp,
    }));
  }
  const bandwidth = bandwidthOf(annotations);
  if (bandwidth !== undefined) args.bandwidth = bandwidth;
  if (dns !== undefined && dns.servers.length + dns.searches.length + dns.options.length > 0) {
    args.dns = { servers: [...dns.servers], searches: [...dns.searches], options: [...dns.options] };
  }
  if (cgroupParent !== '') args.cgroupPath = cgroupParent;
  if (Object.keys(annotations).length > 0) args['io.kubernetes.cri.pod-annotations'] = { ...annotations };
  return args;
}

/**
 * Host ports that have no effect because no plugin of the network maps ports. Other runtimes run such a pod without a
 * warning.
 */
export function unmappedPorts(
  { plugins }: Pick<NetworkConfigList, 'plugins'>,
  portMappings: readonly PortMapping[],
): PortMapping[] {
  if (plugins.some(({ capabilities }) => capabilities.includes('portMappings'))) return [];
  return portMappings.filter(({ hostPort }) => hostPort > 0);
}

/** The reason for the warning about unmapped ports. */
export function noPortmap({ name }: Pick<NetworkConfigList, 'name'>): string {
  return `network ${name} has no plugin with the capability portMappings, such as portmap`;
}

/** The pod's limits from Kubernetes' bandwidth annotations, in bits per second. */
function bandwidthOf(annotations: Readonly<Record<string, string>>): JsonObject | undefined {
  const bandwidth: JsonObject = {};
  for (const direction of ['ingress', 'egress'] as const) {
    const name = `kubernetes.io/${direction}-bandwidth`;
    const text = annotations[name];
    if (text === undefined) continue;
    const rate = parseRate(text);
    if (rate === undefined || rate < minRate || rate > maxRate) {
      throw invalid(`annotations["${name}"]`, `${JSON.stringify(text)} must be a quantity between 1k and 1P`);
    }
    bandwidth[`${direction}Rate`] = rate;
    bandwidth[`${direction}Burst`] = unlimitedBurst;
  }
  return Object.keys(bandwidth).length > 0 ? bandwidth : undefined;
}

/** Bits per second, rounded up; undefined for a malformed quantity. */
function parseRate(text: string): number | undefined {
  try {
    return Number(wholeUnits(text));
  } catch {
    return undefined;
  }
}
