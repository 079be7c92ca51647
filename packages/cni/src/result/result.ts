// The types of an ADD result, and the addresses of the pod in it.
import { type CniVersion, spokenVersion } from '../spec/versions.ts';

/** An interface that the plugins created: in the sandbox when `sandbox` is set, else on the host. */
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

/** The result of ADD in the form of spec 1.x, regardless of the plugin's version. */
export interface CniResult {
  /** Version of the plugin's output; `resultToJson` writes the result in this version. */
  cniVersion: CniVersion;
  interfaces: CniInterface[];
  ips: CniIp[];
  routes: CniRoute[];
  dns: CniDns;
}

/** Converts a result to another version of the spec; returns it unchanged when that version is not supported. */
export function convertResult(result: CniResult, cniVersion: string): CniResult {
  const version = spokenVersion(cniVersion);
  return version === undefined ? result : { ...result, cniVersion: version };
}

/**
 * The pod's addresses without prefix lengths: those on an interface with `sandbox` or the name `ifName`, and those
 * without an interface. If that selects none, all addresses.
 */
export function sandboxAddresses({ ips, interfaces }: CniResult, ifName: string): string[] {
  const own = ips.filter(({ interface: index }) => {
    const item = index === undefined ? undefined : interfaces[index];
    return item === undefined || item.sandbox !== undefined || item.name === ifName;
  });
  return (own.length > 0 ? own : ips).map(({ address }) => address.replace(/\/.*$/, ''));
}
