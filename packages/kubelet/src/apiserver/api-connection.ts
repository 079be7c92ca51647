// The API server of the cluster that a node has joined, as the parts of the kubelet use it.
import type { ApiClient } from './api-client.ts';

/** Clients of one API server, with one identity; each has limits of its own. */
export interface ApiConnection {
  /** For everything but the others. */
  client: ApiClient;
  /** For heartbeats: no limit of requests, and a timeout shorter than the node's lease. */
  heartbeat: ApiClient;
  /** For events: limited, so that these hold up nothing else. */
  events: ApiClient;
  /** Closes all connections: heartbeats fail, so they may hang. */
  closeConnections(): void;
}
