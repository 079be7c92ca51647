// Writes the /etc/hosts that all containers of a pod share.
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';
import type { Pod } from '../api/pod.ts';
import { hostNetworkHosts, podHosts } from '../containers/hosts-file.ts';
import { podDomain, podHostname } from '../sandbox/hostname.ts';
import { writeBoundedFile } from './bounded-file.ts';

/** Maximum size of the node's hosts file; block lists of advertisers are long. */
const maxHostsBytes = 16 * 1024 * 1024;

/** Writes the pod's hosts file to `path`; one on the host's network gets the host's own. */
export function writeHostsFile(pod: Pod, path: string, podIps: string[], clusterDomain: string): void {
  const aliases = pod.spec.hostAliases ?? [];
  const content = pod.spec.hostNetwork
    ? hostNetworkHosts(readRegularFileSync('/etc/hosts', { maxBytes: maxHostsBytes }).toString(), aliases)
    : podHosts(podIps, podHostname(pod), podDomain(pod, clusterDomain), aliases);
  writeBoundedFile(path, content, 0o644);
}
