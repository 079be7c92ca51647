// Real controllers and the pods that they make on a node, with the real kubelet and with ours: Deployment, DaemonSet,
// StatefulSet, Job. What a controller waits for is what the kubelet reports.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type ClusterNode, startNode } from '@berth/test-support/cluster/node.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { until } from '@berth/test-support/until.ts';
import { daemonSet, deployment, job, statefulSet, type Workload } from './controllers.ts';
import { kubelets } from './kubelets.ts';
import { nodeIsReady } from './objects.ts';
import { isReady, type Pod, Pods } from './pod-objects.ts';

interface Job {
  status: {
    succeeded?: number;
    failed?: number;
    completedIndexes?: string;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
  };
}

const cluster = await testCluster();
const { admin, kubectl } = cluster;
const pods = new Pods(cluster);
const jobs = '/apis/batch/v1/namespaces/default/jobs';
const restarts = ({ status }: Pod): number | undefined => status.containerStatuses?.[0]?.restartCount;
const names = (all: readonly Pod[]): string[] => all.map(({ metadata }) => metadata.name).sort();
const uids = (all: readonly Pod[]): Set<string> => new Set(all.map(({ metadata }) => metadata.uid));

for (const kubelet of kubelets) {
  describe(`${kubelet} kubelet`, { concurrency: 4 }, () => {
    const node = `${kubelet}-w`;
    const of = (what: string): string => `${what}-${kubelet}`;
    let started: ClusterNode | undefined;
    before(async () => {
      started = await startNode({ cluster, name: node, kubelet });
      await nodeIsReady(cluster, node);
    });
    after(() => started?.[Symbol.asyncDispose]());
    const rolledOut = (what: string) => kubectl.run(['rollout', 'status', what, '--timeout=90s']);

    test(`${kubelet} kubelet: a Deployment is rolled, scaled, taken back and deleted`, async () => {
      const name = of('web');
      const app = `app=${name}`;
      const workload: Workload = { name, node, replicas: 3 };
      await kubectl.apply(deployment(workload));
      await rolledOut(`deployment/${name}`);
      const first = await pods.allReady(app, 3);
      assert.equal(await kubectl.run(['logs', `deployment/${name}`, '-c', 'main']), 'version 1\n');

      await kubectl.apply(deployment({ ...workload, version: '2' }));
      await rolledOut(`deployment/${name}`);
      const second = await pods.allReady(app, 3);
      assert.ok(uids(second).isDisjointFrom(uids(first)), 'no pod of the first version is left');
      for (const { metadata } of second)
        assert.equal(await kubectl.run(['logs', metadata.name]), 'version 2\n');

      await kubectl.run(['scale', `deployment/${name}`, '--replicas=5']);
      const five = await pods.allReady(app, 5);
      assert.ok(uids(second).isSubsetOf(uids(five)), 'scaling up leaves those that are there');
      await kubectl.run(['rollout', 'undo', `deployment/${name}`]);
      await rolledOut(`deployment/${name}`);
      await kubectl.run(['scale', `deployment/${name}`, '--replicas=1']);
      const [last] = await pods.allReady(app, 1);
      assert.equal(await kubectl.run(['logs', last?.metadata.name ?? '']), 'version 1\n');
      assert.equal(last && restarts(last), 0);
      await kubectl.run(['delete', `deployment/${name}`]);
      await pods.noneOf(app);
    });

    test(`${kubelet} kubelet: a rollout never has fewer ready pods than replicas, and waits for one that is not`, async () => {
      const name = of('surge');
      const app = `app=${name}`;
      const probe = { exec: { command: ['test', '-e', '/tmp/ready'] }, periodSeconds: 1, timeoutSeconds: 20 };
      const script = 'if [ $VERSION != 2 ]; then touch /tmp/ready; fi; while true; do sleep 1; done';
      const workload: Workload = {
        name,
        node,
        replicas: 2,
        script,
        container: { readinessProbe: probe },
        podSpec: { terminationGracePeriodSeconds: 1 },
      };
      await kubectl.apply(deployment(workload));
      await rolledOut(`deployment/${name}`);
      const fewest = fewestReady(app);
      await kubectl.apply(deployment({ ...workload, version: '2' }));
      const all = await pods.listThat(app, 'have one more that runs', (list) => {
        return list.length === 3 && list.every(({ status }) => status.phase === 'Running');
      });
      const stuck = all.find((pod) => !isReady(pod));
      assert.equal(all.filter(isReady).length, 2);
      assert.equal(stuck?.status.phase, 'Running');
      // A pod of version 2 is ready once it is told so, and the rollout goes on.
      await kubectl.run(['exec', stuck?.metadata.name ?? '', '--', 'touch', '/tmp/ready']);
      await pods.listThat(app, 'have a second new pod', (list) => {
        return list.some((pod) => !isReady(pod) && !uids(all).has(pod.metadata.uid));
      });
      await kubectl.apply(deployment({ ...workload, version: '3' }));
      await rolledOut(`deployment/${name}`);
      assert.equal(await fewest(), 2);
      await kubectl.run(['delete', `deployment/${name}`]);
      await pods.noneOf(app);
    });

    test(`${kubelet} kubelet: a DaemonSet has its pod on the node, anew after a deletion, and none without the label`, async () => {
      const name = of('daemon');
      const app = `app=${name}`;
      const label = `berth.test/${name}`;
      const nodePath = `/api/v1/nodes/${node}`;
      const podSpec = { nodeSelector: { [label]: 'yes' } };
      await kubectl.apply(daemonSet({ name, node, podSpec }));
      assert.deepEqual(await pods.list(app), []);
      await admin.patch(nodePath, { metadata: { labels: { [label]: 'yes' } } });
      const [first] = await pods.allReady(app, 1);
      assert.equal(first?.spec.nodeName, node);
      await kubectl.run(['delete', 'pod', first.metadata.name]);
      const [second] = await pods.allReady(app, 1);
      assert.notEqual(second?.metadata.uid, first.metadata.uid);
      await kubectl.apply(daemonSet({ name, node, podSpec, version: '2' }));
      await rolledOut(`daemonset/${name}`);
      const [third] = await pods.allReady(app, 1);
      assert.equal(await kubectl.run(['logs', third?.metadata.name ?? '']), 'version 2\n');
      await admin.patch(nodePath, { metadata: { labels: { [label]: null } } }, 'merge');
      await pods.noneOf(app);
      await kubectl.run(['delete', `daemonset/${name}`]);
    });

    test(`${kubelet} kubelet: a StatefulSet starts, is rolled and ends in order, and its pods keep their names`, async () => {
      const name = of('set');
      const app = `app=${name}`;
      const workload: Workload = {
        name,
        node,
        replicas: 2,
        script: 'hostname; while true; do sleep 1; done',
      };
      const short = { podSpec: { terminationGracePeriodSeconds: 1 } };
      await kubectl.apply(...statefulSet({ ...workload, ...short }));
      await rolledOut(`statefulset/${name}`);
      const first = await pods.allReady(app, 2);
      assert.deepEqual(names(first), [`${name}-0`, `${name}-1`]);
      assert.ok(createdOf(first, 1) >= readySince(first, 0), 'the second begins when the first is ready');
      assert.equal(await kubectl.run(['logs', `${name}-1`]), `version 1\n${name}-1\n`);

      await kubectl.run(['delete', 'pod', `${name}-0`]);
      const again = await pods.allReady(app, 2);
      assert.deepEqual(names(again), names(first));
      assert.equal(uids(again).intersection(uids(first)).size, 1);

      await kubectl.apply(...statefulSet({ ...workload, ...short, version: '2' }));
      await rolledOut(`statefulset/${name}`);
      const rolled = await pods.allReady(app, 2);
      assert.ok(uids(rolled).isDisjointFrom(uids(again)));
      assert.ok(createdOf(rolled, 0) >= readySince(rolled, 1), 'the last is rolled first');
      await kubectl.run(['scale', `statefulset/${name}`, '--replicas=0']);
      await pods.noneOf(app);
      await kubectl.run(['delete', `statefulset/${name}`, `service/${name}`]);
    });

    test(`${kubelet} kubelet: Jobs complete, by index and after a restart`, async () => {
      const [indexed, flaky] = [of('indexed'), of('flaky')];
      await kubectl.apply(
        job({
          name: indexed,
          node,
          script: 'echo $JOB_COMPLETION_INDEX',
          spec: { completions: 5, parallelism: 3, completionMode: 'Indexed' },
        }),
        job({
          name: flaky,
          node,
          script: 'test -e /v/once && exit 0; touch /v/once; exit 1',
          container: { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
          podSpec: { restartPolicy: 'OnFailure', volumes: [{ name: 'v', emptyDir: {} }] },
        }),
      );
      await kubectl.run(['wait', '--for=condition=complete', `job/${indexed}`, '--timeout=90s']);
      const { status } = await admin.get<Job>(`${jobs}/${indexed}`);
      assert.deepEqual([status.succeeded, status.failed ?? 0, status.completedIndexes], [5, 0, '0-4']);
      const done = await pods.list(`app=${indexed}`);
      assert.deepEqual(done.map(restarts), [0, 0, 0, 0, 0]);
      const logs = await Promise.all(done.map(({ metadata }) => kubectl.run(['logs', metadata.name])));
      assert.deepEqual(
        logs.sort(),
        [0, 1, 2, 3, 4].map((index) => `version 1\n${index}\n`),
      );
      await kubectl.run(['wait', '--for=condition=complete', `job/${flaky}`, '--timeout=90s']);
      assert.deepEqual((await pods.list(`app=${flaky}`)).map(restarts), [1]);
      await kubectl.run(['delete', 'job', indexed, flaky]);
      await pods.noneOf(`app in (${indexed},${flaky})`);
    });

    test(`${kubelet} kubelet: Jobs fail at their limit, by a rule, and not for a disruption`, async () => {
      const [limited, ruled, disrupted] = [of('limited'), of('ruled'), of('disrupted')];
      const policy = (...rules: object[]) => ({ backoffLimit: 0, podFailurePolicy: { rules } });
      await kubectl.apply(
        job({ name: limited, node, script: 'exit 1', spec: { backoffLimit: 1 } }),
        job({
          name: ruled,
          node,
          script: 'exit 42',
          spec: {
            ...policy({
              action: 'FailJob',
              onExitCodes: { containerName: 'main', operator: 'In', values: [42] },
            }),
            backoffLimit: 6,
          },
        }),
        job({
          name: disrupted,
          node,
          script: 'trap "exit 1" TERM; while ! test -e /tmp/end; do sleep 0.2; done',
          spec: policy({ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }),
        }),
      );
      const [victim] = await pods.allReady(`app=${disrupted}`, 1);
      const path = `/api/v1/namespaces/default/pods/${victim?.metadata.name}/eviction`;
      const target = { name: victim?.metadata.name, namespace: 'default' };
      await admin.create(path, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: target });
      const [next] = await pods.listThat(`app=${disrupted}`, 'are replaced', (all) => {
        return (
          all.length === 1 && all.every((pod) => isReady(pod) && pod.metadata.uid !== victim?.metadata.uid)
        );
      });
      await kubectl.run(['exec', next?.metadata.name ?? '', '--', 'touch', '/tmp/end']);
      await kubectl.run(['wait', '--for=condition=complete', `job/${disrupted}`, '--timeout=90s']);

      const failedOf = async (name: string) => {
        await kubectl.run(['wait', '--for=condition=failed', `job/${name}`, '--timeout=90s']);
        const { status } = await admin.get<Job>(`${jobs}/${name}`);
        const reason = status.conditions?.find(({ type }) => type === 'Failed')?.reason;
        return { reason, failed: status.failed, restarts: (await pods.list(`app=${name}`)).map(restarts) };
      };
      assert.deepEqual(await failedOf(ruled), { reason: 'PodFailurePolicy', failed: 1, restarts: [0] });
      assert.deepEqual(await failedOf(limited), {
        reason: 'BackoffLimitExceeded',
        failed: 2,
        restarts: [0, 0],
      });
      await kubectl.run(['delete', 'job', limited, ruled, disrupted]);
      await pods.noneOf(`app in (${limited},${ruled},${disrupted})`);
    });
  });
}

/** Counts the ready pods with the label from now on; what it returns tells the fewest there were at once. */
function fewestReady(selector: string): () => Promise<number> {
  const ended = new AbortController();
  let fewest = Number.POSITIVE_INFINITY;
  const count = async (): Promise<boolean> => {
    fewest = Math.min(fewest, (await pods.list(selector)).filter(isReady).length);
    // Both processors are for those that are tested.
    await delay(100);
    return ended.signal.aborted;
  };
  const counted = until('the count ends', count, undefined, 300_000);
  counted.catch(() => {});
  return async () => {
    ended.abort();
    await counted;
    return fewest;
  };
}

const numbered = (all: readonly Pod[], number: number): Pod =>
  all.find(({ metadata }) => metadata.name.endsWith(`-${number}`)) ?? assert.fail(`no pod ${number}`);
const createdOf = (all: readonly Pod[], number: number): string =>
  numbered(all, number).metadata.creationTimestamp;
const readySince = (all: readonly Pod[], number: number): string =>
  numbered(all, number).status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '';
