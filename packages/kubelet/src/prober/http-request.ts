// The request of an httpGet probe or hook, as Go's HTTP client sends it for the real kubelet.
import { joinHostPort } from '@berth/common/host-port.ts';
import type { HTTPGetAction } from 'kubernetes-types/core/v1.d.ts';
import type { Container } from '../api/pod.ts';

/** A GET request. */
export interface HttpRequest {
  scheme: 'http' | 'https';
  host: string;
  port: number;
  /** Path and query as they are sent. */
  path: string;
  /** Names and values in turn, Host and Connection included. */
  headers: string[];
}

/** Headers that are not among the probe's in a request, because the client sets them. */
const ownHeaders = ['Connection', 'Content-Length', 'Host', 'Trailer', 'Transfer-Encoding', 'User-Agent'];

/** The Kubernetes version that probes name in their User-Agent. */
const version = '1.37';

/**
 * The request of `action`; its port may be the name of a port of `container`. `purpose` makes the User-Agent
 * `kube-probe` or `kube-lifecycle`. Throws when there is no such port.
 */
export function httpGetRequest(
  action: HTTPGetAction,
  container: Pick<Container, 'ports'>,
  podIp: string,
  purpose: 'probe' | 'lifecycle',
): HttpRequest {
  const scheme = action.scheme?.toLowerCase() === 'https' ? 'https' : 'http';
  const host = action.host || podIp;
  const port = resolvePort(action.port, container);
  const given = new Map<string, string[]>();
  for (const { name, value } of action.httpHeaders ?? []) {
    const key = canonicalName(name);
    given.set(key, [...(given.get(key) ?? []), value ?? '']);
  }
  if (!given.has('User-Agent')) given.set('User-Agent', [userAgent(purpose)]);
  else if (given.get('User-Agent')?.[0] === '') given.delete('User-Agent');
  if (!given.has('Accept')) given.set('Accept', ['*/*']);
  else if (given.get('Accept')?.[0] === '') given.delete('Accept');
  const asHost = given.get('Host')?.[0] || joinHostPort(host, port);
  const agent = given.get('User-Agent')?.[0];
  for (const name of ownHeaders) given.delete(name);
  const rest = [...given].sort(([a], [b]) => (a < b ? -1 : 1));
  const lines: [name: string, value: string][] = [
    ['Host', asHost],
    ...(agent === undefined ? [] : ([['User-Agent', agent]] as [string, string][])),
    ...rest.flatMap(([name, values]) => values.map((value): [string, string] => [name, value])),
    ['Connection', 'close'],
  ];
  const headers = lines.flatMap(([name, value]) => [name, headerValue(value)]);
  return { scheme, host, port, path: requestTarget(action.path ?? '/'), headers };
}

/** The User-Agent of probes and hooks. */
export function userAgent(purpose: 'probe' | 'lifecycle'): string {
  return `kube-${purpose}/${version}`;
}

/** A port by its number, or by its name among the container's ports. Throws when there is none. */
export function resolvePort(port: number | string, { ports = [] }: Pick<Container, 'ports'>): number {
  const number = typeof port === 'number' ? port : ports.find(({ name }) => name === port)?.containerPort;
  if (number === undefined) throw new Error(`port ${JSON.stringify(port)} not found`);
  if (number <= 0 || number >= 65_536) throw new Error(`invalid port number: ${number}`);
  return number;
}

/** The URL of a request, for messages. */
export function requestUrl({ scheme, host, port, path }: HttpRequest): string {
  return `${scheme}://${joinHostPort(host, port)}${path}`;
}

/**
 * The request that follows a redirect; undefined when it leads to another host. Throws when `location` is no HTTP URL.
 */
export function redirectedRequest(request: HttpRequest, location: string): HttpRequest | undefined {
  const url = new URL(location, requestUrl(request));
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Error(`unsupported protocol scheme ${JSON.stringify(url.protocol.slice(0, -1))}`);
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (host !== request.host.toLowerCase()) return undefined;
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  const [, formerHost = '', ...others] = request.headers;
  const isCustom = formerHost !== joinHostPort(request.host, request.port);
  // A Host header that the probe sets goes along, unless the location names a scheme.
  const keepsHost = !/^[a-z][a-z0-9+.-]*:/i.test(location) && (isCustom || !location.startsWith('//'));
  const asHost = keepsHost ? formerHost : url.host;
  const path = url.pathname + url.search;
  return { scheme, host: request.host, port, path, headers: ['Host', asHost, ...others] };
}

/** The name of a header as Go writes it: `x-name` becomes `X-Name`. */
function canonicalName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** A header's value in the encoding of Node.js, one character for each byte. */
function headerValue(value: string): string {
  return Buffer.from(value.replace(/[\r\n]/g, ' ')).toString('latin1');
}

/** What Go sends in a path as it is given, where there is nothing else in the path. */
const sendable = /^(?:[A-Za-z0-9$&+,/:;=@_.~!'()*[\]-]|%[0-9A-Fa-f]{2})*$/;
/** What Go keeps where it has to escape something. */
const unescaped = /[A-Za-z0-9$&+,/:;=@_.~-]/;

/** The target in the request line for `path`: a path with a query, or any other text. */
function requestTarget(path: string): string {
  const [text = ''] = path.split('#');
  const [before = '', ...after] = text.split('?');
  // Go takes the whole text as a path when it is no URL.
  if (/%(?![0-9A-Fa-f]{2})/.test(before) || /\p{Cc}/u.test(text))
    return rooted(percentEncoded(Buffer.from(path)));
  const own = before.replace(/^(?:[a-z][a-z0-9+.-]*:)?\/\/[^/]*/i, '');
  const query = after.length > 0 ? `?${sentQuery(after.join('?'))}` : '';
  return rooted(sendable.test(own) ? own : percentEncoded(percentDecoded(own))) + query;
}

/** Go sends a query as it is; a space would end it. */
function sentQuery(query: string): string {
  return Buffer.from(query.replaceAll(' ', '%20')).toString('latin1');
}

function rooted(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

function percentDecoded(text: string): Buffer {
  const bytes = Buffer.from(text).toString('latin1');
  const plain = bytes.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(plain, 'latin1');
}

function percentEncoded(bytes: Buffer): string {
  return [...bytes]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return unescaped.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
