// Registers the node: creates its object, or brings the one of an earlier kubelet up to date.
import { sleepUntilAborted } from '@berth/common/abort.ts';
import { type ApiClient, ApiError, type Resource } from '../../apiserver/api-client.ts';
import { createLogger } from '../../klog/klog.ts';
import type { NodeStartupMetrics } from '../../metrics/node-startup-metrics.ts';
import { reconciledNode } from '../registration/reconcile-node.ts';
import type { Node } from '../status/node-object.ts';
import { nodeStatusPatch } from '../status/status-change.ts';

const log = createLogger('registrar.ts');

/** Where nodes are in the API. */
export const nodes: Resource = { group: '', version: 'v1', plural: 'nodes' };

const firstRetryMs = 100;
const longestRetryMs = 7000;

/** What the registration needs. */
export interface RegistrarPorts {
  client: Pick<ApiClient, 'get' | 'create' | 'patch'>;
  /** The node with its status now. */
  initial(): Promise<Node>;
  /** Whether device plugins have reported nothing since the node was made. */
  resetsExtendedResources(): boolean;
  startup: Pick<NodeStartupMetrics, 'registrationAttempted' | 'registered'>;
}

/** Registers the node, with growing pauses, until it succeeds or the signal fires. */
export async function registerNode(ports: RegistrarPorts, signal: AbortSignal): Promise<void> {
  ports.startup.registrationAttempted();
  for (let waitMs = firstRetryMs; ; waitMs = Math.min(waitMs * 2, longestRetryMs)) {
    await sleepUntilAborted(waitMs, signal);
    if (signal.aborted) return;
    const node = await ports.initial();
    const { name } = node.metadata;
    log.info('Attempting to register node', { node: name });
    try {
      await register(node, ports, signal);
      log.info('Successfully registered node', { node: name });
      return;
    } catch (error) {
      if (!signal.aborted) log.error('Unable to register node with API server', { node: name, err: error });
    }
  }
}

async function register(node: Node, ports: RegistrarPorts, signal: AbortSignal): Promise<void> {
  const { client } = ports;
  try {
    await client.create(nodes, {}, node, { signal });
    ports.startup.registered();
    return;
  } catch (error) {
    // Where the kubelet may not create nodes, somebody else has.
    const mayExist =
      error instanceof ApiError && (error.reason === 'AlreadyExists' || error.reason === 'Forbidden');
    if (!mayExist) throw error;
  }
  const { name } = node.metadata;
  const registered = await client.get<Node>(nodes, { name }, { signal });
  log.info('Node was previously registered', { node: name });
  const wanted = reconciledNode(node, registered, ports.resetsExtendedResources());
  const patch = nodeStatusPatch(registered, wanted);
  if (Object.keys(patch).length === 0) return;
  await client.patch(nodes, { name }, 'strategic', patch, { signal, subresource: 'status' });
}
