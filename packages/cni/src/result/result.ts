import { type CniVersion, spokenVersion } from '../spec/versions.ts';

/** An interface that the network made, in the sandbox when `sandbox` is set. */
export interface CniInterface {
  name: string;
  mac?: string;
  mtu?: number;
  /** Path of the network namespace; absent for an interface of the host. */
  sandbox?: string;
  socketPath?: string;
  pciID?: string;
}

/** An address that the network assigned. */
export interface CniIp {
  /** In CIDR notation: 10.88.0.2/16, in the text of `canonicalCidr`. */
  address: string;
  gateway?: string;
  /** Index into `interfaces`. */
  interface?: number;
}

export interface CniRoute {
  /** In CIDR notation. */
  dst: string;
  gw?: string;
  mtu?: number;
  advmss?: number;
  priority?: number;
  table?: number;
  scope?: number;
}

export interface CniDns {
  nameservers?: string[];
  domain?: string;
  search?: string[];
  options?: string[];
}

/** The outcome of ADD, in the shape of spec 1.x whatever version the plugin spoke. */
export interface CniResult {
  /** The version that the result came in, and that `resultToJson` writes. */
  cniVersion: CniVersion;
  interfaces: CniInterface[];
  ips: CniIp[];
  routes: CniRoute[];
  dns: CniDns;
}

/** The same result in another version of the spec; in one that Berth does not know it stays as it is. */
export function convertResult(result: CniResult, cniVersion: string): CniResult {
  const version = spokenVersion(cniVersion);
  return version === undefined ? result : { ...result, cniVersion: version };
}

/**
 * The pod's own addresses, without prefix lengths: those on an interface inside the sandbox, which plugins tell by
 * `sandbox` or by the interface's name, and those of no interface. When a plugin says of none that it is the pod's,
 * all are.
 */
export function sandboxAddresses({ ips, interfaces }: CniResult, ifName: string): string[] {
  const own = ips.filter(({ interface: index }) => {
    const item = index === undefined ? undefined : interfaces[index];
    return item === undefined || item.sandbox !== undefined || item.name === ifName;
  });
  return (own.length > 0 ? own : ips).map(({ address }) => address.replace(/\/.*$/, ''));
}
