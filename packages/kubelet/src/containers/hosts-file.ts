// The text of the /etc/hosts that all containers of a pod share.
// https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/
import type { HostAlias } from '../api/pod.ts';

/** The hosts file of a pod with its own network namespace. */
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

/** The host's file with the pod's aliases. */
export function hostNetworkHosts(hostFile: string, aliases: HostAlias[]): string {
  return `# Kubernetes-managed hosts file (host network).\n${hostFile}${aliasLines(aliases)}`;
}

function aliasLines(aliases: HostAlias[]): string {
  if (aliases.length === 0) return '';
  const lines = aliases.map(({ ip, hostnames }) => `${ip}\t${(hostnames ?? []).join('\t')}\n`);
  return `\n# Entries added by HostAliases.\n${lines.join('')}`;
}
