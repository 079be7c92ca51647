// The real kubelet and ours register one after the other on one machine as one node: what the API server was sent, and
// what it has then, is compared field by field.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isObject } from '@berth/common/json/is-object.ts';
import { type KubeletName, startNode } from '@berth/test-support/cluster/node.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { type AuditedRequest, auditPolicy, readAudit } from './audit.ts';

const name = 'compared';
const scratch = scratchDir('node-object');
after(() => scratch[Symbol.dispose]());
const policy = join(scratch.path, 'policy.json');
const auditLog = join(scratch.path, 'audit.log');
writeFileSync(policy, JSON.stringify(auditPolicy([name])));
const cluster = await testCluster({
  flags: { 'kube-apiserver': [`--audit-policy-file=${policy}`, `--audit-log-path=${auditLog}`] },
});
const { admin } = cluster;
const nodePath = `/api/v1/nodes/${name}`;
const leasePath = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`;
const eventsPath = '/api/v1/namespaces/default/events';

interface NodeJson {
  metadata: { uid: string; resourceVersion: string; labels: Record<string, string> };
  status: { conditions: { type: string; status: string; lastHeartbeatTime: string }[] };
}
interface EventJson {
  metadata: { name: string };
  involvedObject: object;
  type: string;
  reason: string;
  message: string;
}
interface Seen {
  node: NodeJson;
  lease: object;
  events: EventJson[];
  requests: AuditedRequest[];
  afterDeletion: AuditedRequest[];
}

/** Values that differ from run to run, by the name of their field. */
const different: ReadonlySet<string> = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'lastHeartbeatTime',
  'lastTransitionTime',
  'renewTime',
  'time',
  'firstTimestamp',
  'lastTimestamp',
  'Port',
]);

/** Fields that the creation or an update has set, as the runtime was ready sooner or later. */
const ofReadiness: ReadonlySet<string> = new Set([
  'f:lastTransitionTime',
  'f:message',
  'f:reason',
  'f:status',
  'f:images',
  'f:runtimeHandlers',
  'f:features',
]);

/** The same with other values in place of those, and without what is different on purpose. */
function comparable(value: unknown, field = ''): unknown {
  if (different.has(field)) return typeof value;
  if (field === 'kubeletVersion') return String(value).replace(/^(v1\.37\.).*$/, '$1x');
  // Ours declares options of mounts, which it has without a feature gate.
  if (field === 'declaredFeatures' && Array.isArray(value)) {
    return value.filter((feature) => feature !== 'VolumeBindMountOptions');
  }
  if (field === 'f:declaredFeatures') return 'set';
  if (Array.isArray(value)) return value.map((entry) => comparable(entry));
  if (!isObject(value)) return value;
  const withoutUid = (key: string) => key.replace(/^k:\{"uid":"[-0-9a-f]+"\}$/, 'k:{"uid":…}');
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !ofReadiness.has(key))
      .map(([key, inner]) => [withoutUid(key), comparable(inner, key)]),
  );
}

async function ready(condition: 'True' | 'False'): Promise<NodeJson> {
  return await until(`the node's Ready is ${condition}`, async () => {
    const node = await admin.find<NodeJson>(nodePath);
    const found = node?.status.conditions.find(({ type }) => type === 'Ready');
    return found?.status === condition && node;
  });
}

/** A life of the node: registered, ready, relabelled, cordoned, started again, without a server, deleted. */
async function lifeOf(kubelet: KubeletName): Promise<Seen> {
  const begin = readAudit(auditLog).length;
  const requests = (): AuditedRequest[] => readAudit(auditLog).slice(begin);
  await using running = await startNode({
    cluster,
    name,
    kubelet,
    configuration: {
      nodeStatusUpdateFrequency: '2s',
      nodeStatusReportFrequency: '4s',
      nodeLeaseDurationSeconds: 8,
      registerWithTaints: [{ key: 'example.com/own', value: 'yes', effect: 'NoSchedule' }],
      providerID: 'example://compared',
      systemReserved: { cpu: '100m', memory: '64Mi' },
      nodeStatusMaxImages: 2,
      authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
    },
    flags: ['--node-labels=example.com/rack=7,node.kubernetes.io/pool=p'],
  });
  await ready('True');
  await until('the lease is there', () => admin.find(leasePath));
  await admin.patch(nodePath, { metadata: { labels: { 'kubernetes.io/arch': 'other', mine: 'stays' } } });
  await until('the label is set again', async () => {
    const { metadata } = await admin.get<NodeJson>(nodePath);
    return metadata.labels['kubernetes.io/arch'] !== 'other';
  });
  await admin.patch(nodePath, { spec: { unschedulable: true } });
  const event = (reason: string) =>
    until(`event ${reason}`, async () => (await eventsOfNode()).find((each) => each.reason === reason));
  await event('NodeNotSchedulable');
  await admin.patch(nodePath, { spec: { unschedulable: false } });
  await event('NodeSchedulable');
  const before = requests().length;
  await until('a report of heartbeats alone, and a renewal', () => {
    const newer = requests().slice(before);
    const has = (resource: string) => newer.filter((each) => each.resource === resource).length >= 2;
    return has('nodes/status') && has('leases');
  });
  const node = await admin.get<NodeJson>(nodePath);
  const lease = await admin.get<object>(leasePath);
  const events = await eventsOfNode();
  const life = requests();

  const atRestart = requests().length;
  await running.kubelet.restart();
  await until('the node is reported again', () =>
    requests()
      .slice(atRestart)
      .some(({ resource, verb, code }) => resource === 'nodes/status' && verb === 'patch' && code === 200),
  );
  const restarted = await ready('True');
  assert.equal(restarted.metadata.uid, node.metadata.uid);

  await cluster.apiServer.kill();
  await cluster.apiServer.start();
  const atOutage = requests().length;
  await until('heartbeats go on after an outage', () => {
    const newer = requests()
      .slice(atOutage)
      .filter(({ code }) => code === 200);
    return ['nodes/status', 'leases'].every((resource) => newer.some((each) => each.resource === resource));
  });
  assert.equal((await ready('True')).metadata.uid, node.metadata.uid);

  const atDeletion = requests().length;
  await admin.delete(nodePath);
  await until('updates fail', () =>
    requests()
      .slice(atDeletion)
      .some(({ resource, verb, code }) => resource === 'nodes' && verb === 'get' && code === 404),
  );
  const afterDeletion = requests().slice(atDeletion);
  assert.equal(await admin.find(nodePath), undefined, 'a deleted node is not registered again');
  return { node, lease, events, requests: life, afterDeletion };
}

async function eventsOfNode(): Promise<EventJson[]> {
  const { items } = await admin.get<{ items: EventJson[] }>(
    `${eventsPath}?fieldSelector=involvedObject.kind=Node`,
  );
  // The node controller tells of nodes, too.
  return items.filter((each) => isObject(each) && JSON.stringify(each).includes('"component":"kubelet"'));
}

async function clean(): Promise<void> {
  for (const { metadata } of await eventsOfNode()) await admin.delete(`${eventsPath}/${metadata.name}`);
  if (await admin.find(leasePath)) await admin.delete(leasePath);
}

const real = await lifeOf('real');
await clean();
const ours = await lifeOf('ours');

test('the node object', () => {
  assert.deepEqual(comparable(ours.node), comparable(real.node));
});

test('the lease', () => {
  assert.deepEqual(comparable(ours.lease), comparable(real.lease));
});

const of = ({ requests }: Seen, verb: string, resource: string): AuditedRequest[] =>
  requests.filter((each) => each.verb === verb && each.resource === resource);

test('the node as it is created', () => {
  const created = (seen: Seen) => of(seen, 'create', 'nodes').filter(({ code }) => code === 201);
  const bodies = (seen: Seen) => created(seen).map(({ body }) => comparable(withoutReadiness(body)));
  assert.equal(created(ours).length, 1);
  assert.deepEqual(bodies(ours), bodies(real));
});

/** How far the runtime is when the node is created depends on the moment. */
function withoutReadiness(node: unknown): unknown {
  if (!isObject(node) || !isObject(node['status'])) return node;
  const {
    conditions,
    images: _images,
    runtimeHandlers: _handlers,
    features: _features,
    ...status
  } = node['status'];
  const types = Array.isArray(conditions) ? conditions.map((each) => isObject(each) && each['type']) : [];
  return { ...node, status: { ...status, conditions: types } };
}

test('a heartbeat is the same patch', () => {
  const last = (seen: Seen) => comparable(of(seen, 'patch', 'nodes/status').at(-1)?.body);
  assert.deepEqual(last(ours), last(real));
});

test('the label is set again by the same patch', () => {
  const patches = (seen: Seen) =>
    of(seen, 'patch', 'nodes/status')
      .map(({ body }) => body)
      .filter((body) => isObject(body) && body['metadata'] !== undefined)
      .map((body) => comparable(body));
  assert.deepEqual(patches(ours), patches(real));
});

test('renewals are the same', () => {
  const bodies = (seen: Seen) => of(seen, 'update', 'leases').map(({ body }) => comparable(body));
  assert.deepEqual(bodies(ours).at(-1), bodies(real).at(-1));
});

/** The real kubelet's events that ours does not have, with the reason. */
const missing: Readonly<Record<string, string>> = {
  InvalidDiskCapacity: 'the first garbage collection of images, which ours does not have',
  ImageGCFailed: 'the same',
};

test('the events of the node', () => {
  const told = (seen: Seen): string[] => {
    const lines = seen.events
      .filter(({ reason }) => !(reason in missing))
      .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
    return [...new Set(lines)].sort();
  };
  assert.deepEqual(told(ours), told(real));
  const shape = (seen: Seen) => {
    const { metadata: _metadata, ...event } =
      seen.events.find(({ reason }) => reason === 'NodeReady') ?? assert.fail();
    return comparable(event);
  };
  assert.deepEqual(shape(ours), shape(real));
});

test('no more requests than the real one', () => {
  const rate = (seen: Seen, resource: string) =>
    seen.requests.filter((each) => each.resource === resource).length;
  for (const resource of ['nodes', 'nodes/status', 'leases']) {
    assert.ok(
      rate(ours, resource) <= rate(real, resource) + 3,
      `${resource}: ${rate(ours, resource)} against ${rate(real, resource)}`,
    );
  }
});

test('after the deletion, the same requests fail', () => {
  const kinds = (seen: Seen) =>
    [...new Set(seen.afterDeletion.map(({ verb, resource, code }) => `${verb} ${resource} ${code}`))]
      .filter((line) => /nodes|leases/.test(line))
      .sort();
  assert.deepEqual(
    kinds(ours).filter((line) => line.startsWith('create')),
    kinds(real).filter((line) => line.startsWith('create')),
  );
});
