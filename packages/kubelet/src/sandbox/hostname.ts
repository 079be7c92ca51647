// Host name and domain of a pod.
import type { Pod } from '../api/pod.ts';

const maxHostname = 63;

/**
 * `spec.hostnameOverride`, `spec.hostname` or the pod's name, truncated to the kernel's limit, without trailing `-` and
 * `.`.
 */
export function podHostname(pod: Pod): string {
  const hostname = fullHostname(pod);
  if (hostname.length <= maxHostname) return hostname;
  return hostname.slice(0, maxHostname).replace(/[-.]+$/, '');
}

/** The host name before the kernel's limit. */
export function fullHostname({ spec, metadata }: Pod): string {
  return spec.hostnameOverride ?? (spec.hostname || metadata.name);
}

/** The pod's domain from `spec.subdomain`; '' without one, and for a host name that says all. */
export function podDomain(pod: Pod, clusterDomain: string): string {
  const { subdomain, hostnameOverride } = pod.spec;
  return subdomain && hostnameOverride === undefined
    ? `${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}`
    : '';
}

/** The sandbox's host name; with its domain if `setHostnameAsFQDN` is set. Throws when it is too long. */
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
