// What a certificate says, as plain data for decisions.
import { X509Certificate } from 'node:crypto';
import { formatIp, parseIp } from '@berth/common/ip-address.ts';
import { pemBlocks } from './pem.ts';

/** The facts about one certificate. */
export interface CertificateFacts {
  /** Milliseconds since the epoch. */
  notBefore: number;
  notAfter: number;
  commonName: string;
  organizations: readonly string[];
  dnsNames: readonly string[];
  /** As RFC 5952 writes them. */
  ips: readonly string[];
}

/** The certificates of a PEM text, in order. Throws when one is damaged. */
export function parseCertificates(pem: string): X509Certificate[] {
  return pemBlocks(pem)
    .filter(({ label }) => label === 'CERTIFICATE')
    .map(({ der }) => new X509Certificate(der));
}

/** The facts about a certificate. */
export function factsOf(certificate: X509Certificate): CertificateFacts {
  const { subject } = certificate.toLegacyObject();
  const names = alternativeNames(certificate.subjectAltName ?? '');
  return {
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
    commonName: [subject.CN ?? ''].flat().at(-1) ?? '',
    organizations: [subject.O ?? []].flat(),
    dnsNames: names.flatMap(({ kind, name }) => (kind === 'DNS' ? [name] : [])),
    ips: names.flatMap(({ kind, name }) => {
      const address = kind === 'IP Address' ? parseIp(name) : undefined;
      return address === undefined ? [] : [formatIp(address)];
    }),
  };
}

/** Splits OpenSSL's text, `DNS:a, IP Address:10.0.0.1`, in which Node.js quotes odd names as JSON. */
function alternativeNames(text: string): { kind: string; name: string }[] {
  return [...text.matchAll(/([^:,"]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)].map(
    ([, kind = '', name = '']) => ({
      kind,
      name: name.startsWith('"') ? String(JSON.parse(name)) : name,
    }),
  );
}
