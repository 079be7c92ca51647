// Agents whose connections go through a proxy.
import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { tunnel } from '@berth/http/proxy/tunnel.ts';

/** Makes connections for an agent: `secure` of https.Agent's, with the options of TLS. */
type Connect = (
  options: tls.ConnectionOptions & { host?: string | null; port?: number | string | null },
  callback: (error: Error | null, socket?: Duplex) => void,
) => undefined;

/**
 * An agent for servers of one protocol whose connections go through a proxy: http or https (CONNECT for a server with
 * TLS), socks5 or socks5h. With both kinds of SOCKS the proxy resolves names, as in Go.
 *
 * @param timeout of connecting, in milliseconds
 */
export function proxyAgent(
  proxy: URL,
  protocol: string,
  options: https.AgentOptions,
  timeout: number,
): http.Agent {
  const isSecure = protocol === 'https:';
  const connect: Connect = (target, callback) => {
    const place = { host: target.host ?? '', port: Number(target.port) };
    void tunnel(proxy, place, isSecure, timeout).then(
      (socket) => callback(null, isSecure ? tls.connect({ ...target, socket }) : socket),
      callback,
    );
    return undefined;
  };
  const agent = isSecure ? new https.Agent(options) : new http.Agent(options);
  return Object.assign(agent, { createConnection: connect });
}
