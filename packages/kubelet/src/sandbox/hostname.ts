// Host name and domain of a pod.
import type { Pod } from '../api/pod.ts';

const maxHostname = 63;

/** `spec.hostname` or the pod's name, cut to what the kernel takes, never ending in `-` or `.`. */
export function podHostname(pod: Pod): string {
  const hostname = pod.spec.hostname || pod.metadata.name;
  if (hostname.length <= maxHostname) return hostname;
  return hostname.slice(0, maxHostname).replace(/[-.]+$/, '');
}

/** The domain that `spec.subdomain` puts the pod into; '' without one. */
export function podDomain(pod: Pod, clusterDomain: string): string {
  const { subdomain } = pod.spec;
  return subdomain ? `${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}` : '';
}

/** The name that the sandbox gets: with its domain when `setHostnameAsFQDN` is set. Throws when too long. */
export function sandboxHostname(pod: Pod, clusterDomain: string): string {
  const hostname = podHostname(pod);
  const domain = podDomain(pod, clusterDomain);
  if (pod.spec.setHostnameAsFQDN !== true || domain === '') return hostname;
  const fqdn = `${hostname}.${domain}`;
  if (fqdn.length > 64) {
    throw new Error(
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${fqdn} is too long (64 characters is the max, ${fqdn.length} characters requested)`,
    );
  }
  return fqdn;
}
