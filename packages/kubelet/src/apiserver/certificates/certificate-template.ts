// What the kubelet wants its certificates to say, and whether one says it. Pure.
import { isDeepStrictEqual } from 'node:util';
import { formatIp, parseIp } from '@berth/common/ip-address.ts';
import type { NodeAddress } from 'kubernetes-types/core/v1.d.ts';
import type { CertificateFacts } from '../../x509/certificate-facts.ts';

/** The subject and the names of a certificate that is to be requested. */
export interface CertificateTemplate {
  commonName: string;
  organizations: readonly string[];
  /** Sorted. */
  dnsNames: readonly string[];
  /** Sorted, as RFC 5952 writes them. */
  ips: readonly string[];
}

/** The template of a node's client certificate. */
export function clientTemplate(nodeName: string): CertificateTemplate {
  return { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'], dnsNames: [], ips: [] };
}

/** The template of a node's serving certificate; undefined as long as the node has no IP address. */
export function servingTemplate(
  nodeName: string,
  addresses: readonly NodeAddress[],
): CertificateTemplate | undefined {
  const dnsNames = new Set<string>();
  const ips = new Set<string>();
  for (const { type, address } of addresses) {
    const ip = parseIp(address);
    if (type === 'ExternalDNS' || type === 'InternalDNS') dnsNames.add(address);
    else if (ip !== undefined) ips.add(formatIp(ip));
    else if (type === 'Hostname') dnsNames.add(address);
  }
  dnsNames.delete('');
  if (ips.size === 0) return undefined;
  return { ...clientTemplate(nodeName), dnsNames: [...dnsNames].sort(), ips: [...ips].sort() };
}

/**
 * What a certificate lacks of a template, for the log; undefined when it has everything. What it has beyond the template
 * does not matter.
 */
export function lackOf(certificate: CertificateFacts, template: CertificateTemplate): string | undefined {
  if (certificate.commonName !== template.commonName) {
    return `its common name is ${certificate.commonName}, not ${template.commonName}`;
  }
  const missing = (what: string, has: readonly string[], wanted: readonly string[]): string[] =>
    wanted.filter((each) => !has.includes(each)).map((each) => `${what} ${each}`);
  const lacks = [
    ...missing('DNS name', certificate.dnsNames, template.dnsNames),
    ...missing('IP address', certificate.ips, template.ips),
    ...missing('organization', certificate.organizations, template.organizations),
  ];
  return lacks.length === 0 ? undefined : `it lacks ${lacks.join(', ')}`;
}

/** Whether two templates ask for the same. */
export function sameTemplate(one: CertificateTemplate, other: CertificateTemplate): boolean {
  return isDeepStrictEqual(one, other);
}
