// The resolver configuration of a pod. https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
import type { Pod } from '../api/pod.ts';
import { type DnsConfig, optionName } from './resolv-conf.ts';

/** The kubelet's own resolver settings. */
export interface DnsSettings {
  /** The parsed file of `--resolv-conf`; undefined when that is the empty string. */
  host: DnsConfig | undefined;
  clusterDns: string[];
  clusterDomain: string;
  /** Addresses of the node. Without resolv.conf, their families select the loopback name servers. */
  nodeIps: string[];
}

// Limits of resolv.conf(5) as Kubernetes sets them.
const maxServers = 3;
const maxSearches = 32;
const maxSearchCharacters = 2048;
const maxDomain = 253;

/** The pod's resolver configuration by `dnsPolicy` and `dnsConfig`. ClusterFirst without cluster DNS means Default. */
export function podDns(pod: Pod, settings: DnsSettings): DnsConfig {
  const base = baseConfig(pod, settings);
  const own = pod.spec.dnsConfig;
  const options = new Map(base.options.map((option) => [optionName(option), option]));
  for (const { name = '', value } of own?.options ?? []) {
    options.set(name, value ? `${name}:${value}` : name);
  }
  const servers = new Set([...base.servers, ...(own?.nameservers ?? [])]);
  const searches = new Set([...base.searches, ...(own?.searches ?? [])]);
  return {
    servers: [...servers].slice(0, maxServers),
    searches: fittingSearches([...searches]),
    options: [...options.values()],
  };
}

function baseConfig(pod: Pod, settings: DnsSettings): DnsConfig {
  const { dnsPolicy, hostNetwork } = pod.spec;
  if (dnsPolicy === 'None') return { servers: [], searches: [], options: [] };
  const wantsCluster =
    dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && hostNetwork !== true);
  if (wantsCluster && settings.clusterDns.length > 0) {
    const domain = settings.clusterDomain;
    const cluster = domain ? [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain] : [];
    const searches = [...cluster, ...(settings.host?.searches ?? [])];
    return { servers: settings.clusterDns, searches, options: ['ndots:5'] };
  }
  if (settings.host) return settings.host;
  const loopbacks = settings.nodeIps.map((ip) => (ip.includes(':') ? '::1' : '127.0.0.1'));
  return { servers: loopbacks.length > 0 ? loopbacks : ['127.0.0.1'], searches: ['.'], options: [] };
}

function fittingSearches(searches: string[]): string[] {
  const kept = searches.slice(0, maxSearches).filter((domain) => domain.length <= maxDomain);
  while (kept.join(' ').length > maxSearchCharacters) kept.pop();
  return kept;
}
