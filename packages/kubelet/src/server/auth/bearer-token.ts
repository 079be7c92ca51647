// The token of a request: in its Authorization header, or, from a browser, in a protocol of its WebSocket. Pure.
import type { IncomingHttpHeaders } from 'node:http';

/** Where a token was; none: undefined; or what is wrong with it. */
export type FoundToken =
  | { token: string /** The protocols without it. */; protocols?: string }
  | { error: string }
  | undefined;

const protocolPrefix = 'base64url.bearer.authorization.k8s.io.';

/** Finds the token, as Kubernetes' servers do. */
export function bearerToken(headers: IncomingHttpHeaders): FoundToken {
  const [scheme = '', token = ''] = (headers.authorization ?? '').trim().split(' ');
  if (scheme.toLowerCase() === 'bearer' && token !== '') return { token };
  const isWebSocket =
    /\bwebsocket\b/i.test(headers.upgrade ?? '') && /\bupgrade\b/i.test(headers.connection ?? '');
  return isWebSocket ? protocolToken(headers['sec-websocket-protocol'] ?? '') : undefined;
}

function protocolToken(header: string): FoundToken {
  const protocols = header.split(',').map((protocol) => protocol.trim());
  const [found, another] = protocols.filter((protocol) => protocol.startsWith(protocolPrefix));
  if (found === undefined) return undefined;
  if (another !== undefined) return { error: 'multiple base64.bearer.authorization tokens specified' };
  const encoded = found.slice(protocolPrefix.length);
  const bytes = Buffer.from(encoded, 'base64url');
  if (bytes.toString('base64url') !== encoded)
    return { error: 'invalid base64.bearer.authorization token encoding' };
  const token = bytes.toString();
  if (!Buffer.from(token).equals(bytes)) return { error: 'invalid base64.bearer.authorization token' };
  if (token === '') return undefined;
  const others = protocols.filter((protocol) => protocol !== found);
  return others.length === 0
    ? { error: 'missing additional subprotocol' }
    : { token, protocols: others.join(',') };
}
