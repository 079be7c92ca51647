// The reference plugin bridge with host-local, without their processes: ADD and DEL.
import type { BridgePort, BridgePortRequest } from '@berth/linux/namespaces/namespaces.ts';
import { type CniResult, type CniRoute, convertResult } from '../result/result.ts';
import type { BridgeConfig } from './bridge-config.ts';
import { ipv4Text } from './ip-range.ts';
import { type LeaseHolder, Leases } from './leases.ts';

/** What the kernel has to do, which namespaces.ts of @berth/linux does. */
export interface BridgeKernel {
  makeBridgePort(request: BridgePortRequest): Promise<BridgePort>;
  /** Deletes an interface of a namespace; succeeds when either is gone. */
  deleteLink(namespace: string, name: string): Promise<void>;
}

/** One attachment. */
export interface BridgeAttachment extends LeaseHolder {
  netns: string;
}

/**
 * ADD: assigns an address, makes the pair and configures its ends. After a failure the address is free again.
 *
 * @returns the result in the version of the configuration
 */
export async function addBridge(
  config: BridgeConfig,
  attachment: BridgeAttachment,
  kernel: BridgeKernel,
  limits: { timeoutMs: number },
): Promise<CniResult> {
  const { ipam, bridge, mtu, hairpin, isGateway } = config;
  const { range } = ipam;
  const leases = new Leases(ipam);
  const address = `${await leases.assign(attachment, range, limits)}/${range.prefixLength}`;
  const gateway = ipv4Text(range.gateway);
  const routes = routesOf(config, gateway);
  try {
    const port = await kernel.makeBridgePort({
      namespace: attachment.netns,
      bridge,
      mtu,
      hairpin,
      interfaceName: attachment.ifName,
      addresses: [address],
      routes: routes.map(({ dst, gw = gateway }) => ({ dst, gateway: gw })),
      gateways: isGateway ? [`${gateway}/${range.prefixLength}`] : [],
    });
    return convertResult(
      {
        cniVersion: '1.0.0',
        interfaces: [port.bridge, port.host, { ...port.pod, sandbox: attachment.netns }],
        ips: [{ interface: 2, address, gateway }],
        routes,
        dns: {},
      },
      config.cniVersion,
    );
  } catch (error) {
    await leases.release(attachment, limits);
    throw error;
  }
}

/** The routes of the result: those configured, and with isDefaultGateway a default one unless there is one. */
function routesOf({ ipam, isDefaultGateway }: BridgeConfig, gateway: string): CniRoute[] {
  const { routes } = ipam;
  const hasDefault = routes.some(({ dst, gw }) => dst === '0.0.0.0/0' && gw !== undefined);
  return isDefaultGateway && !hasDefault ? [...routes, { dst: '0.0.0.0/0', gw: gateway }] : routes;
}

/** DEL: removes the pair, when the namespace still exists, and frees the address. Idempotent. */
export async function deleteBridge(
  { ipam }: BridgeConfig,
  attachment: BridgeAttachment,
  kernel: BridgeKernel,
  limits: { timeoutMs: number },
): Promise<void> {
  if (attachment.netns !== '') await kernel.deleteLink(attachment.netns, attachment.ifName);
  await new Leases(ipam).release(attachment, limits);
}
