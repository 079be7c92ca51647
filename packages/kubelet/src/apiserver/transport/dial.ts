// Connects to an API server: TCP or a proxy, then TLS, which negotiates the version of HTTP.
import net, { isIP, type Socket } from 'node:net';
import tls from 'node:tls';
import { ConnectionError } from '@berth/http/connection-error.ts';
import type { ProxyChoice } from '@berth/http/proxy/proxy.ts';
import { trustedRoots, tunnel } from '@berth/http/proxy/tunnel.ts';
import type { ClientCertificate } from '../credentials/credential.ts';

/** A server, and what its certificate has to be. */
export interface Destination {
  server: URL;
  tlsServerName?: string | undefined;
  insecureSkipTlsVerify: boolean;
  /** The proxy for the server, if any. */
  proxyFor: ProxyChoice;
  /** Whether HTTP/2 is offered. */
  offersHttp2: boolean;
}

/** What a handshake needs of keys. */
export interface TlsMaterial {
  /** Authorities, PEM; undefined: those of the system. */
  authority: string | undefined;
  certificate: ClientCertificate | undefined;
}

/** A connection, over which `protocol` is to be spoken. */
export interface Dialled {
  socket: Socket;
  protocol: 'h2' | 'http/1.1';
}

/** As client-go: for TCP, and for the handshake. */
const dialTimeoutMs = 30_000;
const handshakeTimeoutMs = 10_000;
const keepAliveMs = 30_000;

/** Connects. Its errors name the server. */
export async function dial(to: Destination, material: TlsMaterial): Promise<Dialled> {
  const host = to.server.hostname.replace(/^\[|\]$/g, '');
  const isSecure = to.server.protocol === 'https:';
  const port = Number(to.server.port) || (isSecure ? 443 : 80);
  const proxy = to.proxyFor(to.server);
  const socket = await (proxy ? tunnel(proxy, { host, port }, true, dialTimeoutMs) : connect(host, port));
  socket.setNoDelay(true).setKeepAlive(true, keepAliveMs);
  if (!isSecure) return { socket, protocol: 'http/1.1' };
  const secure = await handshake(socket, host, to, material);
  return { socket: secure, protocol: secure.alpnProtocol === 'h2' ? 'h2' : 'http/1.1' };
}

async function connect(host: string, port: number): Promise<Socket> {
  const socket = net.connect({ host, port });
  return await established(socket, 'connect', dialTimeoutMs, 'connection');
}

async function handshake(
  socket: Socket,
  host: string,
  { tlsServerName, insecureSkipTlsVerify, offersHttp2 }: Destination,
  { authority, certificate }: TlsMaterial,
): Promise<tls.TLSSocket> {
  const name = tlsServerName ?? host;
  const secure = tls.connect({
    socket,
    // An address is no name of SNI.
    ...(isIP(name) === 0 && { servername: name }),
    checkServerIdentity: (_, peer) => tls.checkServerIdentity(name, peer),
    rejectUnauthorized: !insecureSkipTlsVerify,
    ca: authority ?? trustedRoots(),
    ...certificate,
    minVersion: 'TLSv1.2',
    ALPNProtocols: offersHttp2 ? ['h2', 'http/1.1'] : ['http/1.1'],
  });
  return await established(secure, 'secureConnect', handshakeTimeoutMs, 'TLS handshake');
}

/** The socket after its event; destroyed when that does not come. */
async function established<S extends Socket>(
  socket: S,
  event: string,
  timeoutMs: number,
  what: string,
): Promise<S> {
  const { promise, resolve, reject } = Promise.withResolvers<S>();
  const onEvent = (): void => resolve(socket);
  const onClose = (): void =>
    reject(new ConnectionError('ECONNRESET', `the server closed the connection during the ${what}`));
  const deadline = setTimeout(
    () => reject(new ConnectionError('ETIMEDOUT', `no ${what} in ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  socket.once(event, onEvent).once('error', reject).once('close', onClose);
  try {
    return await promise;
  } catch (error) {
    socket.on('error', () => {}).destroy();
    throw error;
  } finally {
    clearTimeout(deadline);
    socket.off(event, onEvent).off('error', reject).off('close', onClose);
  }
}
