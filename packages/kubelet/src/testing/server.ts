// The kubelet's secure server for tests, and a client.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type RequestOptions, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { connectCri } from '@berth/cri/client/client.ts';
import { listen } from '@berth/http/listen.ts';
import type { Kubelet } from '../kubelet.ts';
import type { SecureServerOptions } from '../options/kubelet-options.ts';
import type { ServerHost } from '../server/kubelet-routes.ts';
import { type ServerCluster, startSecureServer } from '../server/secure-server.ts';
import { testOptions } from './options.ts';

/** A client's certificate, and what it trusts; anything by default. */
export type TestCredentials = Pick<RequestOptions, 'cert' | 'key' | 'ca'>;

/** An answer of the server. */
export interface TestAnswer {
  status: number;
  body: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A server that listens. */
export interface TestServer extends Disposable {
  port: number;
  /** Asks for `METHOD PATH`. */
  ask(what: string, more?: TestCredentials & { headers?: object; body?: string }): Promise<TestAnswer>;
}

/** What a server has to tell when no test says otherwise: nothing. */
export function testHost(changes: Partial<ServerHost> = {}): ServerHost {
  const { runtime } = connectCri('/nowhere/cri.sock', { timeoutMs: 1000 });
  return {
    pods: () => [],
    rejected: () => [],
    events: () => [],
    restart: () => undefined,
    unhealthy: () => undefined,
    devicePluginProblem: () => undefined,
    onHealthCheck: () => {},
    runtime,
    options: { rootDir: '/test/kubelet', podLogsDir: '/test/log/pods' },
    published: { configuration: {}, flags: {}, release: '1.37.0', startedAt: new Date() },
    setVerbosity: () => {},
    endpoints: {},
    observe: () => () => {},
    ...changes,
  };
}

/** The host of a kubelet on a test node. */
export function hostOf(kubelet: Kubelet, options: ServerHost['options']): ServerHost {
  return testHost({ pods: () => kubelet.pods(), runtime: kubelet.runtime, options });
}

/** Starts the server on a free port; its self-signed certificate is below `dir`. */
export async function startTestServer(
  dir: string,
  host: ServerHost,
  changes: Partial<SecureServerOptions> = {},
  cluster: ServerCluster = {},
): Promise<TestServer> {
  const { secureServer } = testOptions();
  const options = {
    ...secureServer,
    ...changes,
    tls: { ...secureServer.tls, certDir: `${dir}/pki`, ...changes.tls },
  };
  const { server, stop } = await startSecureServer(options, { host, nodeName: 'testnode', ...cluster });
  await listen(server, { port: 0, host: '127.0.0.1' });
  const address: AddressInfo | string | null = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const { port } = address;
  return {
    port,
    ask: (what, more = {}) => ask(port, what, more),
    [Symbol.dispose]: () => {
      stop();
      server.close().closeAllConnections();
    },
  };
}

async function ask(
  port: number,
  what: string,
  { headers, body, ...credentials }: TestCredentials & { headers?: object; body?: string },
): Promise<TestAnswer> {
  const [method = '', path = ''] = what.split(' ');
  const outgoing = request({
    host: '127.0.0.1',
    port,
    method,
    path,
    headers: { ...headers },
    agent: false,
    rejectUnauthorized: credentials.ca !== undefined,
    ...credentials,
  });
  outgoing.end(body);
  const [response] = await once(outgoing, 'response');
  return { status: response.statusCode, body: await text(response), headers: response.headers };
}
