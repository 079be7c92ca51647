// Connects through HTTP(S) and SOCKS proxies. proxy.ts chooses the proxy.
import net, { isIP, type Socket } from 'node:net';
import tls from 'node:tls';
import { parseIp } from '@berth/common/ip-address.ts';
import { printable } from '@berth/common/printable.ts';
import { ConnectionError } from '../connection-error.ts';

/** Maximum size of a proxy's response to CONNECT. */
const maxAnswer = 16 * 1024;

/** Whether plain HTTP requests have the absolute URL, as HTTP proxies require; SOCKS proxies only connect. */
export function takesWholeUrls(proxy: URL): boolean {
  return !isSocks(proxy);
}

/** The Proxy-Authorization header; undefined when the proxy's URL has no user. */
export function proxyAuthorization(proxy: URL): string | undefined {
  if (proxy.username === '' && proxy.password === '') return undefined;
  const [user, password] = userOf(proxy);
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** A server. */
export interface Place {
  host: string;
  port: number;
}

/**
 * Connects to the proxy, and by CONNECT or SOCKS through it to the server. The proxy is http or https, socks5 or
 * socks5h. With both kinds of SOCKS the proxy resolves names, as in Go.
 *
 * @param connects whether an HTTP proxy is asked to CONNECT; else it gets requests with absolute URLs
 * @param timeout of each step, in milliseconds
 */
export async function tunnel(proxy: URL, place: Place, connects: boolean, timeout: number): Promise<Socket> {
  const socket = await dial(proxy, timeout);
  const about = `proxy ${proxy.host}`;
  // Handle errors until the connection is passed on.
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const onError = (error: Error) => failed.reject(error);
  const onEnd = () => failed.reject(new ConnectionError('ECONNRESET', `${about}: closed the connection`));
  socket.on('error', onError).on('close', onEnd);
  socket.setTimeout(timeout, () => {
    failed.reject(new ConnectionError('ETIMEDOUT', `${about}: no answer for ${timeout / 1000} s`));
    socket.destroy();
  });
  try {
    const steps = isSocks(proxy)
      ? connectBySocks(socket, proxy, place)
      : connects
        ? connectByHttp(socket, proxy, place)
        : Promise.resolve();
    await Promise.race([steps, failed.promise]);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  socket.off('error', onError).off('close', onEnd).setTimeout(0);
  socket.removeAllListeners('timeout');
  return socket;
}

const defaultPorts: Record<string, number> = { 'https:': 443, 'socks5:': 1080, 'socks5h:': 1080 };

async function dial(proxy: URL, timeout: number): Promise<Socket> {
  const host = proxy.hostname.replace(/^\[|\]$/g, '');
  const port = Number(proxy.port) || (defaultPorts[proxy.protocol] ?? 80);
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket =
    proxy.protocol === 'https:'
      ? tls.connect({ host, port, ...(isIP(host) === 0 && { servername: host }), ca: trustedRoots() }, () =>
          resolve(socket),
        )
      : net.connect({ host, port }, () => resolve(socket));
  socket.setTimeout(timeout, () => {
    socket.destroy(new ConnectionError('ETIMEDOUT', `no connection for ${timeout / 1000} s`));
  });
  const onError = (error: Error & { code?: string }) => {
    reject(
      new ConnectionError(error.code ?? 'UNKNOWN', `proxy ${host}:${port}: ${error.message}`, {
        cause: error,
      }),
    );
  };
  socket.once('error', onError);
  await promise;
  socket.off('error', onError).setTimeout(0);
  socket.removeAllListeners('timeout');
  return promise;
}

/** The host's trusted CAs, as in other container tools, or Node's when the host has none. */
export function trustedRoots(): string[] {
  const system = tls.getCACertificates('system');
  return system.length > 0 ? system : tls.getCACertificates('bundled');
}

async function connectByHttp(socket: Socket, proxy: URL, { host, port }: Place): Promise<void> {
  const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const authorization = proxyAuthorization(proxy);
  const lines = [
    `CONNECT ${target} HTTP/1.1`,
    `Host: ${target}`,
    'User-Agent: berth',
    ...(authorization === undefined ? [] : [`Proxy-Authorization: ${authorization}`]),
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const answer = await readUntil(socket, (bytes) => {
    const end = bytes.indexOf('\r\n\r\n');
    return end === -1 ? undefined : end + 4;
  });
  const [status = ''] = answer.toString('latin1').split('\r\n');
  if (/^HTTP\/1\.[01] 2\d\d\b/.test(status)) return;
  throw new ConnectionError(
    'EPROXY',
    `proxy ${proxy.host} does not connect to ${target}: ${printable(status, 200)}`,
  );
}

const socksReplies: Record<number, string> = {
  1: 'general failure',
  2: 'not allowed by its rules',
  3: 'network is unreachable',
  4: 'host is unreachable',
  5: 'connection refused',
  6: 'TTL expired',
  7: 'it knows no CONNECT',
  8: 'it does not know this type of address',
};

/** RFC 1928, with user and password by RFC 1929. */
async function connectBySocks(socket: Socket, proxy: URL, { host, port }: Place): Promise<void> {
  const fail = (what: string) => new ConnectionError('EPROXY', `proxy ${proxy.host}: ${what}`);
  const hasUser = proxy.username !== '' || proxy.password !== '';
  socket.write(Buffer.from(hasUser ? [5, 2, 0, 2] : [5, 1, 0]));
  const [version, method] = await readUntil(socket, (bytes) => (bytes.length >= 2 ? 2 : undefined));
  if (version !== 5) throw fail('it does not speak SOCKS 5');
  if (method === 2 && hasUser) {
    const [user, password] = userOf(proxy).map((text) => Buffer.from(text));
    if (!user || !password || user.length > 255 || password.length > 255)
      throw fail('user or password is too long');
    socket.write(
      Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([password.length]), password]),
    );
    const [, status] = await readUntil(socket, (bytes) => (bytes.length >= 2 ? 2 : undefined));
    if (status !== 0) throw fail('user or password is wrong');
  } else if (method !== 0) throw fail('it wants another authentication than user and password');
  socket.write(
    Buffer.concat([Buffer.from([5, 1, 0]), socksAddress(host), Buffer.from([port >> 8, port & 0xff])]),
  );
  const answer = await readUntil(socket, (bytes) => {
    if (bytes.length < 5) return undefined;
    const addressBytes = bytes[3] === 1 ? 4 : bytes[3] === 4 ? 16 : 1 + (bytes[4] ?? 0);
    const length = 4 + addressBytes + 2;
    return bytes.length >= length ? length : undefined;
  });
  const reply = answer[1] ?? 1;
  if (reply !== 0) throw fail(`no connection to ${host}:${port}: ${socksReplies[reply] ?? `error ${reply}`}`);
}

function socksAddress(host: string): Buffer {
  const address = parseIp(host);
  if (address !== undefined) return Buffer.concat([Buffer.from([address.length === 4 ? 1 : 4]), address]);
  const name = Buffer.from(host);
  return Buffer.concat([Buffer.from([3, name.length]), name]);
}

/**
 * Reads a response up to the offset that `end` returns for the bytes so far, and unshifts the rest.
 */
function readUntil(socket: Socket, end: (bytes: Buffer) => number | undefined): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  let bytes = Buffer.alloc(0);
  const onReadable = () => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
      bytes = Buffer.concat([bytes, chunk]);
      const length = end(bytes);
      if (length === undefined && bytes.length <= maxAnswer) continue;
      socket.off('readable', onReadable);
      if (length === undefined)
        return reject(new ConnectionError('EPROXY', 'the answer of the proxy is too long'));
      if (length < bytes.length) socket.unshift(bytes.subarray(length));
      return resolve(bytes.subarray(0, length));
    }
  };
  socket.on('readable', onReadable);
  onReadable();
  return promise;
}

function userOf({ username, password }: URL): [user: string, password: string] {
  return [decode(username), decode(password)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isSocks({ protocol }: URL): boolean {
  return protocol === 'socks5:' || protocol === 'socks5h:';
}
