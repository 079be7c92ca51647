// What a cluster knows of a node beside its pods: its object, lease and CSINode, and the metrics of its kubelet, all through
// the API server.
import { isObject } from '@berth/common/json/is-object.ts';
import type { AuditedRequest } from '../cluster/audit.ts';
import { type Json, type Names, normalised } from '../compare-kubelet/normalise.ts';
import { metricFamilies } from '../compare-kubelet/observe/answer.ts';
import type { LifeOnNode } from './life.ts';
import { comparableMetadata, requestCounts } from './observe.ts';
import { nodeOf, sideNames } from './side.ts';

const metrics = ['/metrics', '/metrics/resource', '/metrics/cadvisor', '/metrics/probes', '/metrics/slis'];

const idleMinute = 'requests: an idle minute';

/** The names that reports have for what is looked at. */
export const factNames: readonly string[] = [
  'node: object',
  'node: lease',
  'node: CSINode',
  'node: events',
  idleMinute,
  ...metrics.map((path) => `metrics: ${path}`),
];

/**
 * By the names that reports have for them.
 *
 * @param idle what the node asked for while nothing happened
 */
export async function nodeFacts(
  { side, admin }: LifeOnNode,
  idle: readonly AuditedRequest[],
): Promise<Record<string, Json>> {
  const name = nodeOf(side);
  const { uid } = (await admin.get<{ metadata: { uid: string } }>(`/api/v1/nodes/${name}`)).metadata;
  const names: Names = sideNames(side, [[uid, 'UID']]);
  const object = async (path: string): Promise<Json> => {
    const found = await admin.find<{ metadata: object }>(path);
    if (found === undefined) return 'none';
    const { metadata, ...rest } = found;
    return normalised({ metadata: comparableMetadata(metadata), ...rest }, names);
  };
  const families = await Promise.all(
    metrics.map(async (path) => {
      const text = await admin.text(`/api/v1/nodes/${name}/proxy${path}`);
      return [`metrics: ${path}`, metricFamilies(text)] as const;
    }),
  );
  const events = await admin.get<{ items: Record<string, unknown>[] }>(
    `/api/v1/namespaces/default/events?fieldSelector=involvedObject.name=${name}`,
  );
  return {
    'node: object': await object(`/api/v1/nodes/${name}`),
    'node: lease': await object(`/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`),
    'node: CSINode': await object(`/apis/storage.k8s.io/v1/csinodes/${name}`),
    'node: events': { told: eventLines(events.items, names) },
    ...Object.fromEntries(families),
    [idleMinute]: { all: { '~atMost': idle.length }, ...requestCounts(idle) },
  };
}

/** What the kubelet itself has told of its node; the node controller does, too. */
function eventLines(events: readonly Record<string, unknown>[], names: Names): string[] {
  const own = events.filter(({ source }) => isObject(source) && source['component'] === 'kubelet');
  const lines = own.map(({ metadata: _metadata, count: _count, ...event }) =>
    JSON.stringify(normalised(event, names)),
  );
  return [...new Set(lines)].sort();
}
