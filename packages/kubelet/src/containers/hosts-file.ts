// The /etc/hosts that all containers of a pod share.
// https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/
import { readRegularFileSync } from '@berth/linux/files/regular-file.ts';
import type { HostAlias, Pod } from '../api/pod.ts';
import { writeBoundedFile } from '../podfiles/bounded-file.ts';
import { podDomain, podHostname } from '../sandbox/hostname.ts';

/** What a node has in its hosts file may be long: lists that block advertisers are. */
const maxHostsBytes = 16 * 1024 * 1024;

/** Writes the pod's hosts file to `path`; one on the host's network gets the host's own. */
export function writeHostsFile(pod: Pod, path: string, podIps: string[], clusterDomain: string): void {
  const aliases = pod.spec.hostAliases ?? [];
  const content = pod.spec.hostNetwork
    ? hostNetworkHosts(readRegularFileSync('/etc/hosts', { maxBytes: maxHostsBytes }).toString(), aliases)
    : podHosts(podIps, podHostname(pod), podDomain(pod, clusterDomain), aliases);
  writeBoundedFile(path, content, 0o644);
}

/** Pure: the hosts file of a pod with a network of its own. */
export function podHosts(ips: string[], hostname: string, domain: string, aliases: HostAlias[]): string {
  const names = domain === '' ? hostname : `${hostname}.${domain}\t${hostname}`;
  return [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    ...ips.map((ip) => `${ip}\t${names}`),
    aliasLines(aliases),
  ].join('\n');
}

/** Pure: the host's file with the pod's aliases. */
export function hostNetworkHosts(hostFile: string, aliases: HostAlias[]): string {
  return `# Kubernetes-managed hosts file (host network).\n${hostFile}${aliasLines(aliases)}`;
}

function aliasLines(aliases: HostAlias[]): string {
  if (aliases.length === 0) return '';
  const lines = aliases.map(({ ip, hostnames }) => `${ip}\t${(hostnames ?? []).join('\t')}\n`);
  return `\n# Entries added by HostAliases.\n${lines.join('')}`;
}
