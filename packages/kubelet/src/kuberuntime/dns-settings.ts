// The kubelet's resolver settings: its options and the host's resolv.conf.
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import type { DnsSettings } from '../sandbox/dns.ts';
import { parseResolvConf } from '../sandbox/resolv-conf.ts';

/** Reads the current resolver settings: the host's resolv.conf changes with its networks. */
export function dnsSettings({ resolvConf, clusterDns, clusterDomain, nodeIps }: KubeletOptions): DnsSettings {
  const host = resolvConf === '' ? undefined : parseResolvConf(readText(resolvConf));
  return { host, clusterDns, clusterDomain, nodeIps };
}

/** Maximum size of resolv.conf. */
const maxBytes = 1024 * 1024;

function readText(path: string): string {
  return readRegularFileSync(path, { maxBytes }).toString();
}
