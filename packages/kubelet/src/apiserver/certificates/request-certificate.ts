// Asks the API server for a certificate, and waits until a signer issued it.
import type { KeyObject } from 'node:crypto';
import { sleepUntilAborted } from '@berth/common/abort.ts';
import type { CertificateSigningRequest } from 'kubernetes-types/certificates/v1.d.ts';
import { createLogger } from '../../klog/klog.ts';
import { parseCertificates } from '../../x509/certificate-facts.ts';
import { type ApiClient, ApiError, type Resource } from '../api-client.ts';
import type { CertificateTemplate } from './certificate-template.ts';
import { requestState } from './request-state.ts';
import { asksFor, signingRequest } from './signing-request.ts';

const log = createLogger('request-certificate.ts');

/** Where the requests are. */
export const signingRequests: Resource = {
  group: 'certificates.k8s.io',
  version: 'v1',
  plural: 'certificatesigningrequests',
};

/** Milliseconds of the first and the longest wait before the request is looked at again after an error. */
const retryMs = { first: 800, longest: 30_000 };
/** How long the API server keeps a watch open. */
const watchSeconds = 300;

/** A certificate that is wanted. */
export interface WantedCertificate {
  template: CertificateTemplate;
  /** Its private key, which stays here. */
  key: KeyObject;
  /** E.g. `kubernetes.io/kubelet-serving`. */
  signerName: string;
  usages: readonly string[];
  /** The name of the request; the API server makes one up otherwise. */
  name?: string;
}

/** A request that the API server has. */
export interface MadeRequest {
  name: string;
  uid: string;
}

/** The request is denied, failed, removed, or another's: waiting for it is useless. */
export class RequestOverError extends Error {
  override name = 'RequestOverError';
}

/** What a private key is used for by a client; RSA keys encipher, too. */
export function clientUsages(key: KeyObject): string[] {
  return usagesOf(key, 'client auth');
}

/** What a private key is used for by a server. */
export function servingUsages(key: KeyObject): string[] {
  return usagesOf(key, 'server auth');
}

function usagesOf(key: KeyObject, extended: string): string[] {
  const encipherment = key.asymmetricKeyType === 'rsa' ? ['key encipherment'] : [];
  return ['digital signature', ...encipherment, extended];
}

/**
 * Creates a request, or finds the one of the same name that an earlier kubelet made with the same key.
 * @throws RequestOverError when the one of that name is another's or of no use any more
 */
export async function makeRequest(
  client: ApiClient,
  wanted: WantedCertificate,
  signal: AbortSignal,
): Promise<MadeRequest> {
  const { template, key, signerName, usages, name } = wanted;
  const request: CertificateSigningRequest = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: name === undefined ? { generateName: 'csr-' } : { name },
    spec: {
      request: Buffer.from(signingRequest(template, key)).toString('base64'),
      signerName,
      usages: [...usages],
    },
  };
  try {
    const made = await client.create(signingRequests, {}, request, { signal });
    const found = madeRequest(made);
    log.v(2, 'Certificate signing request created', { csr: found.name });
    return found;
  } catch (error) {
    const isKnown = error instanceof ApiError && error.reason === 'AlreadyExists';
    if (!isKnown || name === undefined) throw error;
    log.info('csr for this node already exists, reusing', { csr: name });
    const existing = await client.get<CertificateSigningRequest>(signingRequests, { name }, { signal });
    const problem = incompatibility(existing, wanted, Date.now());
    if (problem !== undefined) throw new RequestOverError(`retrieved csr is not compatible: ${problem}`);
    log.info('csr for this node is still valid', { csr: name });
    return madeRequest(existing);
  }
}

function madeRequest({ metadata }: CertificateSigningRequest): MadeRequest {
  const { name, uid } = metadata ?? {};
  if (name === undefined || uid === undefined) {
    throw new Error('the API server answered with a certificate signing request without name or UID');
  }
  return { name, uid };
}

/** Why an existing request cannot stand for the wanted certificate; undefined when it can. */
export function incompatibility(
  { spec, status }: CertificateSigningRequest,
  { template, key, signerName }: Pick<WantedCertificate, 'template' | 'key' | 'signerName'>,
  now: number,
): string | undefined {
  if (spec.signerName !== signerName) {
    return `csr signerNames differ: ${JSON.stringify(spec.signerName)} and ${JSON.stringify(signerName)}`;
  }
  if (!asksFor(Buffer.from(spec.request, 'base64').toString(), template, key)) {
    return 'it was made for another subject or with another key';
  }
  const issued = Buffer.from(status?.certificate ?? '', 'base64').toString();
  const expired = parseCertificates(issued).find(({ validToDate }) => validToDate.getTime() < now);
  if (expired === undefined) return undefined;
  return `one of the certificates for the CSR has expired: ${expired.validTo}; delete the request`;
}

/**
 * Waits until a request is issued, whatever interrupts the connection; returns the certificate with its chain, in PEM.
 * @throws RequestOverError when it never will be, the signal's reason when that fires
 */
export async function issuedCertificate(
  client: ApiClient,
  request: MadeRequest,
  signal: AbortSignal,
): Promise<string> {
  for (let delayMs = retryMs.first; ; delayMs = Math.min(delayMs * 2, retryMs.longest)) {
    try {
      for await (const seen of observed(client, request, signal)) {
        delayMs = retryMs.first / 2;
        const state = requestState(seen, request.uid);
        if (state.is === 'over') throw new RequestOverError(state.why);
        if (state.is === 'issued') {
          log.v(2, 'Certificate signing request is issued', { csr: request.name });
          return state.certificate;
        }
        if (state.isApproved) {
          log.v(2, 'Certificate signing request is approved, waiting to be issued', { csr: request.name });
        }
      }
    } catch (error) {
      if (error instanceof RequestOverError) throw error;
      signal.throwIfAborted();
      log.v(2, 'Error watching a certificate signing request; it will be read again', {
        csr: request.name,
        err: error,
      });
    }
    await sleepUntilAborted(delayMs * (1 + Math.random()), signal);
    signal.throwIfAborted();
  }
}

/** The request as it is now, and each time it changes, until the connection ends. */
async function* observed(
  client: ApiClient,
  { name }: MadeRequest,
  signal: AbortSignal,
): AsyncGenerator<CertificateSigningRequest> {
  const selection = { fieldSelector: `metadata.name=${name}` };
  const list = await client.list<CertificateSigningRequest>(signingRequests, selection, { signal });
  const [found] = list.items;
  if (found === undefined) throw new RequestOverError(`csr "${name}" was deleted`);
  yield found;
  const events = client.watch<CertificateSigningRequest>(signingRequests, selection, {
    resourceVersion: list.metadata.resourceVersion ?? '',
    timeoutSeconds: watchSeconds,
    signal,
  });
  for await (const event of events) {
    if (event.type === 'ADDED' || event.type === 'MODIFIED') yield event.object;
    else if (event.type === 'DELETED') throw new RequestOverError(`csr "${name}" was deleted`);
    else if (event.type === 'ERROR') return;
  }
}
