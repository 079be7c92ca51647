// PURE: how a certificate of a pod comes about and is renewed. State is kept in memory alone: another kubelet asks anew.
import { isObject } from '@berth/common/json/is-object.ts';
import { encodePem, pemBlocks } from '../../x509/pem.ts';

/** A key with its certificates, in PEM. Times are in milliseconds since the epoch. */
export interface Issued {
  key: string;
  chain: string;
  /** From when on another one is asked for. */
  refreshAt: number;
  expiresAt: number;
}

/** How far the certificate of one source is. */
export type CertificateState =
  | { is: 'initial' }
  /** A request is under way; `former` is in use meanwhile. */
  | { is: 'waiting'; key: string; request: string; abandonAt: number; former: Issued | undefined }
  | { is: 'fresh'; issued: Issued }
  | { is: 'denied' | 'failed'; reason: string; message: string };

/** What the kubelet reads of a PodCertificateRequest. */
export interface RequestStatus {
  conditions: readonly { type: string; reason: string; message: string }[];
  certificateChain: string;
  beginRefreshAt: number;
  notAfter: number;
}

const minuteMs = 60_000;
/** A request that has not been seen for so long was deleted. */
const assumedDeletedMs = 10 * minuteMs;
/** So long after the time of renewal a certificate is overdue. */
const overdueMs = 10 * minuteMs;
/** So much later a source asks again, so that many do not at once. */
const maxJitterMs = 5 * minuteMs;

/** The status of a request; undefined for what is none. */
export function readRequestStatus(object: unknown): RequestStatus | undefined {
  const { status } = isObject(object) ? object : {};
  if (!isObject(status)) return undefined;
  const { conditions, certificateChain = '', beginRefreshAt, notAfter } = status;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return {
    conditions: (Array.isArray(conditions) ? conditions : []).filter(isObject).map((each) => ({
      type: text(each.type),
      reason: text(each.reason),
      message: text(each.message),
    })),
    certificateChain: text(certificateChain),
    beginRefreshAt: Date.parse(text(beginRefreshAt)),
    notAfter: Date.parse(text(notAfter)),
  };
}

/** Whether nothing more becomes of the request. */
export function isSettled({ conditions }: RequestStatus): boolean {
  return conditions.some(({ type }) => ['Denied', 'Failed', 'Issued'].includes(type));
}

/** The state after a look at its request, which is undefined when the server has not told of it. `random` is below 1. */
export function lookedAt(
  state: CertificateState,
  request: RequestStatus | undefined,
  now: number,
  random: number,
): CertificateState {
  if (state.is !== 'waiting') return state;
  if (request === undefined) {
    if (now <= state.abandonAt) return state;
    return state.former ? { is: 'fresh', issued: state.former } : { is: 'initial' };
  }
  for (const { type, reason, message } of request.conditions) {
    if (type === 'Denied') return { is: 'denied', reason, message };
    if (type === 'Failed') return { is: 'failed', reason, message };
    if (type !== 'Issued') continue;
    const { certificateChain, beginRefreshAt, notAfter } = request;
    const refreshAt = beginRefreshAt + random * maxJitterMs;
    const chain = onlyCertificates(certificateChain);
    return { is: 'fresh', issued: { key: state.key, chain, refreshAt, expiresAt: notAfter } };
  }
  return state;
}

/** Whether it is time to ask for a certificate. */
export function needsRequest(state: CertificateState, now: number): boolean {
  return state.is === 'initial' || (state.is === 'fresh' && now >= state.issued.refreshAt);
}

/** The state with a new request. `random` is below 1. */
export function requested(
  state: CertificateState,
  { key, request, now, random }: { key: string; request: string; now: number; random: number },
): CertificateState {
  const abandonAt = now + assumedDeletedMs + random * maxJitterMs;
  return { is: 'waiting', key, request, abandonAt, former: certificateOf(state) };
}

/** The certificate that is in use. */
export function certificateOf(state: CertificateState): Issued | undefined {
  if (state.is === 'fresh') return state.issued;
  return state.is === 'waiting' ? state.former : undefined;
}

/** Why there is no certificate. */
export function problemOf(state: CertificateState): string {
  if (state.is !== 'denied' && state.is !== 'failed') return 'credential bundle is not issued yet';
  const { reason, message } = state;
  const why = `reason=${JSON.stringify(reason)} message=${JSON.stringify(message)}`;
  return `PodCertificateRequest was permanently ${state.is}: ${why}`;
}

/** How it is shown in metrics. */
export function shownState(state: CertificateState, now: number): string {
  if (state.is === 'denied' || state.is === 'failed') return state.is;
  const issued = certificateOf(state);
  if (issued === undefined) return 'not_yet_issued';
  if (now > issued.expiresAt) return 'expired';
  return now > issued.refreshAt + overdueMs ? 'overdue_for_refresh' : 'fresh';
}

/** The blocks of a chain without what is between them. */
function onlyCertificates(chain: string): string {
  return pemBlocks(chain)
    .map(({ der }) => encodePem('CERTIFICATE', der))
    .join('');
}
