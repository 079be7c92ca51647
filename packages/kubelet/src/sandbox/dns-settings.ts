// What the kubelet knows about name servers: its own options and the host's resolv.conf.
import { readFileSync } from 'node:fs';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import type { DnsSettings } from './dns.ts';
import { parseResolvConf } from './resolv-conf.ts';

/** The resolver settings as they are now: the host's resolv.conf changes as networks come and go. */
export function dnsSettings({ resolvConf, clusterDns, clusterDomain, nodeIps }: KubeletOptions): DnsSettings {
  const host = resolvConf === '' ? undefined : parseResolvConf(readFileSync(resolvConf, 'utf8'));
  return { host, clusterDns, clusterDomain, nodeIps };
}
