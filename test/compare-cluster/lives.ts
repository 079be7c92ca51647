// What only pods of an API server go through: others hold them, evict them, resize them, and have the objects that they
// refer to.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testImage } from '@berth/test-support/pods.ts';
import { forever, ready, waiting } from '../compare-kubelet/cases/pod.ts';
import type { ListedPod } from '../compare-kubelet/manifest-case.ts';
import type { Json } from '../compare-kubelet/normalise.ts';
import type { Life, LifeOnNode } from './life.ts';
import { comparablePod } from './observe.ts';
import { create, end, podsOf, reach } from './pod-life.ts';
import { nodeOf } from './side.ts';

const finalizer = 'berth.test/hold';

function podOf(
  name: string,
  spec: object = {},
  container: object = {},
  script: string = forever,
): { metadata: object; spec: object } {
  return {
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 5,
      containers: [{ name: 'main', image: testImage, command: ['/bin/sh', '-c', script], ...container }],
      ...spec,
    },
  };
}

const hasEnded = ({ status }: ListedPod) => status.phase === 'Succeeded' || status.phase === 'Failed';

async function hold(on: LifeOnNode, name: string): Promise<void> {
  await on.admin.patch(`${podsOf(on)}/${name}`, { metadata: { finalizers: [finalizer] } });
}

/** Looks at a pod that has ended, and lets it go. */
async function release(on: LifeOnNode, name: string): Promise<Record<string, Json>> {
  const ended = await reach(on, name, hasEnded);
  await on.admin.patch(`${podsOf(on)}/${name}`, { metadata: { finalizers: null } }, 'merge');
  return { ended: comparablePod(on.side, ended), ...(await end(on, name, { isDeleted: true })) };
}

async function settled(on: LifeOnNode, name: string, is = ready): Promise<Json> {
  return comparablePod(on.side, await reach(on, name, is));
}

async function objectIn(on: LifeOnNode, kind: 'configmaps' | 'secrets', object: object): Promise<void> {
  await on.admin.create(`/api/v1/namespaces/${nodeOf(on.side)}/${kind}`, object);
}

const resources = (cpu: string) => ({ requests: { cpu }, limits: { cpu } });

const all: Record<string, (on: LifeOnNode, name: string) => Promise<Json>> = {
  'deleted while something holds it': async (on, name) => {
    await create(
      on,
      podOf(name, {}, {}, 'trap "sleep 1; exit 3" TERM; while true; do sleep 1 & wait $!; done'),
    );
    await reach(on, name, ready);
    await hold(on, name);
    await on.admin.delete(`${podsOf(on)}/${name}`);
    return await release(on, name);
  },

  evicted: async (on, name) => {
    await create(on, podOf(name));
    await reach(on, name, ready);
    await hold(on, name);
    const metadata = { name, namespace: nodeOf(on.side) };
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata };
    await on.admin.create(`${podsOf(on)}/${name}/eviction`, eviction);
    return await release(on, name);
  },

  'past its deadline': async (on, name) => {
    await create(on, podOf(name, { activeDeadlineSeconds: 2 }));
    return { settled: await settled(on, name, hasEnded), ...(await end(on, name)) };
  },

  'deleted by force': async (on, name) => {
    await create(on, podOf(name, {}, {}, 'trap "" TERM; while true; do sleep 1; done'));
    await reach(on, name, ready);
    await on.admin.delete(`${podsOf(on)}/${name}`, { gracePeriodSeconds: 0 });
    return await end(on, name, { isDeleted: true });
  },

  'deleted with a shorter grace period': async (on, name) => {
    await create(on, podOf(name, {}, {}, 'trap "" TERM; while true; do sleep 1; done'));
    await reach(on, name, ready);
    await on.admin.delete(`${podsOf(on)}/${name}`, { gracePeriodSeconds: 1 });
    return await end(on, name, { isDeleted: true });
  },

  'an ephemeral container': async (on, name) => {
    await create(on, podOf(name));
    await reach(on, name, ready);
    const ephemeralContainers = [{ name: 'look', image: testImage, command: ['sleep', '1000'] }];
    await on.admin.patch(`${podsOf(on)}/${name}/ephemeralcontainers`, { spec: { ephemeralContainers } });
    const runs = ({ status }: ListedPod) =>
      status.ephemeralContainerStatuses?.[0]?.state?.running !== undefined;
    return { settled: await settled(on, name, runs), ...(await end(on, name)) };
  },

  resized: async (on, name) => {
    await create(on, podOf(name, {}, { resources: resources('100m') }));
    const before = await settled(on, name);
    const containers = [{ name: 'main', resources: resources('150m') }];
    await on.admin.patch(`${podsOf(on)}/${name}/resize`, { spec: { containers } });
    const after = await settled(on, name, ({ status }) => {
      const isUnderWay = status.conditions?.some(({ type }) => type.startsWith('PodResize'));
      return JSON.stringify(status.containerStatuses).includes('"150m"') && !isUnderWay;
    });
    return { before, after, ...(await end(on, name)) };
  },

  'a readiness gate that opens': async (on, name) => {
    const type = 'berth.test/open';
    await create(on, podOf(name, { readinessGates: [{ conditionType: type }] }));
    const closed = await settled(on, name, ({ status }) =>
      JSON.stringify(status.conditions ?? []).includes('ReadinessGatesNotReady'),
    );
    const lastTransitionTime = new Date().toISOString();
    await on.admin.patch(`${podsOf(on)}/${name}/status`, {
      status: { conditions: [{ type, status: 'True', lastTransitionTime }] },
    });
    return { closed, open: await settled(on, name), ...(await end(on, name)) };
  },

  'a volume of a ConfigMap that comes late': async (on, name) => {
    const spec = { volumes: [{ name: 'v', configMap: { name } }] };
    await create(on, podOf(name, spec, { volumeMounts: [{ name: 'v', mountPath: '/v' }] }));
    const waits = await settled(on, name, ({ status }) =>
      JSON.stringify(status.conditions ?? []).includes('PodReadyToStartContainers'),
    );
    await objectIn(on, 'configmaps', { metadata: { name }, data: { word: 'one' } });
    return { waits, settled: await settled(on, name), ...(await end(on, name)) };
  },

  'a variable of a Secret that comes late': async (on, name) => {
    const env = [{ name: 'WORD', valueFrom: { secretKeyRef: { name, key: 'word' } } }];
    await create(on, podOf(name, {}, { env }));
    const waits = await settled(on, name, waiting('CreateContainerConfigError'));
    await objectIn(on, 'secrets', { metadata: { name }, stringData: { word: 'one' } });
    return { waits, settled: await settled(on, name), ...(await end(on, name, { isFleeting: true })) };
  },

  'an image pull secret that is not there': async (on, name) => {
    await create(on, podOf(name, { imagePullSecrets: [{ name: 'none' }] }));
    return { settled: await settled(on, name), ...(await end(on, name, { isFleeting: true })) };
  },

  'more than the node has': async (on, name) => {
    await create(on, podOf(name, {}, { resources: { requests: { cpu: '1000' } } }));
    return { settled: await settled(on, name, hasEnded), ...(await end(on, name)) };
  },

  'a label that the node lacks': async (on, name) => {
    await create(on, podOf(name, { nodeSelector: { none: 'such' } }));
    return { settled: await settled(on, name, hasEnded), ...(await end(on, name)) };
  },

  'ends by itself': async (on, name) => {
    await create(on, podOf(name, { restartPolicy: 'Never' }, {}, 'echo bye'));
    return { settled: await settled(on, name, hasEnded), ...(await end(on, name)) };
  },

  'deleted before it was ready': async (on, name) => {
    await create(
      on,
      podOf(name, {}, { readinessProbe: { exec: { command: ['false'] }, periodSeconds: 60 } }),
    );
    await reach(on, name, ({ status }) => status.containerStatuses?.[0]?.state?.running !== undefined);
    return await end(on, name);
  },

  'labels that a volume shows': async (on, name) => {
    const items = [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }];
    const spec = { volumes: [{ name: 'v', downwardAPI: { items } }] };
    await create(on, podOf(name, spec, { volumeMounts: [{ name: 'v', mountPath: '/v' }] }));
    await reach(on, name, ready);
    await on.admin.patch(`${podsOf(on)}/${name}`, { metadata: { labels: { mine: 'new' } } });
    const isLabelled = (pod: ListedPod) =>
      ready(pod) && JSON.stringify(pod.metadata).includes('"mine":"new"');
    return { settled: await settled(on, name, isLabelled), ...(await end(on, name)) };
  },

  'a static pod': async (on, name) => {
    const file = join(on.manifests, `${name}.json`);
    const manifest = podOf(name);
    const metadata = { ...manifest.metadata, namespace: nodeOf(on.side) };
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'Pod', ...manifest, metadata }));
    const mirror = `${name}-${nodeOf(on.side)}`;
    const seen = await settled(on, mirror);
    rmSync(file);
    return { settled: seen, ...(await end(on, mirror, { isDeleted: true })) };
  },
};

/** All of them, with names of pods that are theirs alone. */
export const clusterLives: readonly Life[] = Object.entries(all).map(([what, run], index) => ({
  name: `cluster: ${what}`,
  live: (on) => run(on, `cluster-${String(index).padStart(2, '0')}`),
}));
