// Connects a kubelet to its API server, as its options say.

import type { ApiConnection } from '../apiserver/api-connection.ts';
import { openClientIdentity } from '../apiserver/certificates/client-identity.ts';
import { countRequests } from '../metrics/api-metrics.ts';
import { countClientCertificate } from '../metrics/certificate-metrics.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';

/** An open connection. */
export interface OpenApiConnection extends AsyncDisposable {
  api: ApiConnection;
}

/** The options that are about the API server. */
type ConnectionOptions = Pick<
  KubeletOptions,
  'nodeName' | 'kubeconfig' | 'identity' | 'apiRate' | 'eventRate' | 'nodeStatus' | 'nodeLeaseSeconds'
>;

/** What a connection needs of its kubelet. */
export interface ConnectionPorts {
  /** Of the kubelet, for the user agent. */
  version: string;
  registry: MetricsRegistry;
  /** Ends the process so that its supervisor starts it again. */
  exit(): void;
}

/**
 * Opens the connection; undefined without a kubeconfig. A node without a certificate that does not renew it waits here for
 * its first one, until the signal fires.
 */
export async function openApiConnection(
  options: ConnectionOptions,
  { version, registry, exit }: ConnectionPorts,
  signal: AbortSignal,
): Promise<OpenApiConnection | undefined> {
  const { kubeconfig, identity, nodeName, apiRate, eventRate } = options;
  if (kubeconfig === undefined) return undefined;
  const observer = (expiry: () => number | undefined) => countClientCertificate(registry, expiry);
  const opened = await openClientIdentity(
    { ...identity, kubeconfig, nodeName },
    { version, observer, exit, onAnswer: countRequests(registry) },
    signal,
  );
  const { server } = opened;
  // A heartbeat that comes after the next one is due, or after the lease has ended, is of no use.
  const timeoutMs = Math.min(options.nodeStatus.updateMs, options.nodeLeaseSeconds * 1000);
  return {
    api: {
      client: server.client(apiRate),
      heartbeat: server.client({ qps: -1, burst: 0, timeoutMs }),
      events: server.client(eventRate),
      closeConnections: () => server.closeConnections(),
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}
