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
  const { servers, searches, options } = wantedDns(pod, settings);
  return { servers: servers.slice(0, maxServers), searches: fittingSearches(searches), options };
}

/** What is left out of the pod's resolver configuration, in the real kubelet's words, because it is too much. */
export function dnsOmissions(pod: Pod, settings: DnsSettings): string[] {
  const wanted = wantedDns(pod, settings);
  const fitting = podDns(pod, settings);
  const applied = (list: string[]): string => list.join(' ');
  return [
    ...(fitting.servers.length < wanted.servers.length
      ? [
          `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${applied(fitting.servers)}`,
        ]
      : []),
    ...(fitting.searches.length < wanted.searches.length
      ? [
          `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${applied(fitting.searches)}`,
        ]
      : []),
  ];
}

/** The configuration before limits. */
function wantedDns(pod: Pod, settings: DnsSettings): DnsConfig {
  const base = baseConfig(pod, settings);
  const own = pod.spec.dnsConfig;
  if (own === undefined) return base;
  const options = new Map(base.options.map((option) => [optionName(option), option]));
  for (const { name = '', value } of own.options ?? []) {
    options.set(name, value ? `${name}:${value}` : name);
  }
  return {
    servers: [...new Set([...base.servers, ...(own.nameservers ?? [])])],
    searches: [...new Set([...base.searches, ...(own.searches ?? [])])],
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
    const ofHost = settings.host?.searches ?? [];
    const cluster = [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain];
    const searches = domain === '' ? ofHost : [...new Set([...cluster, ...ofHost])];
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
