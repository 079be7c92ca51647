// What a CertificateSigningRequest says to the kubelet that made it. Pure.
import type { CertificateSigningRequest } from 'kubernetes-types/certificates/v1.d.ts';

/** The state of a request. */
export type RequestState =
  | { is: 'waiting'; isApproved: boolean }
  /** The certificate with its chain, in PEM. */
  | { is: 'issued'; certificate: string }
  /** It is never going to be issued. */
  | { is: 'over'; why: string };

/** The state of the request that was created with this UID. */
export function requestState(request: CertificateSigningRequest, uid: string): RequestState {
  const { metadata, status } = request;
  if (metadata?.uid !== uid) return { is: 'over', why: `csr "${metadata?.name}" changed UIDs` };
  const conditions = status?.conditions ?? [];
  for (const { type, reason = '', message = '' } of conditions) {
    const detail = `reason: ${reason}, message: ${message}`;
    if (type === 'Denied') return { is: 'over', why: `certificate signing request is denied, ${detail}` };
    if (type === 'Failed') return { is: 'over', why: `certificate signing request failed, ${detail}` };
  }
  const isApproved = conditions.some(({ type }) => type === 'Approved');
  const certificate = Buffer.from(status?.certificate ?? '', 'base64').toString();
  return isApproved && certificate !== '' ? { is: 'issued', certificate } : { is: 'waiting', isApproved };
}
