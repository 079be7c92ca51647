// The volumes of a node in a cluster: CSI drivers, claims and persistent volumes, with the real kubelet and with ours.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { until } from '@berth/test-support/until.ts';
import { statefulSet } from './controllers.ts';
import { kubelets } from './kubelets.ts';
import { podIsReady } from './objects.ts';
import { Pods } from './pod-objects.ts';
import { bound, claim, podWith, slowMs, VolumeNode } from './volume-parts.ts';

const cluster = await testCluster();
const { admin, kubectl } = cluster;
const pods = new Pods(cluster);

const inPod = (pod: string, script: string): Promise<string> =>
  kubectl.run(['exec', pod, '--', 'sh', '-c', script]);

for (const kubelet of kubelets) {
  const volumes = new VolumeNode(cluster, kubelet);
  const { name, driverName } = volumes;
  const of = (what: string): string => volumes.of(what);
  const drivers = async () => (await volumes.csiNode())?.spec.drivers ?? [];

  test(`${kubelet} kubelet: a CSI driver registers, and the cluster learns what it says of the node`, async () => {
    const { driver } = await volumes.parts();
    const before = await volumes.csiNode();
    assert.deepEqual(before?.spec.drivers ?? [], []);
    assert.ok(before);
    assert.match(
      before.metadata.annotations?.['storage.alpha.kubernetes.io/migrated-plugins'] ?? '',
      /kubernetes\.io\/aws-ebs/,
    );
    assert.deepEqual(
      before.metadata.ownerReferences?.map((owner) => [owner.kind, owner.name]),
      [['Node', name]],
    );
    await driver.start();
    await until('the driver is registered', () => driver.registrations.length > 0);
    assert.deepEqual(driver.registrations, [{ pluginRegistered: true, error: '' }]);
    assert.deepEqual(await drivers(), [
      {
        name: driverName,
        nodeID: `id-of-${name}`,
        topologyKeys: ['topology.berth.dev/rack'],
        allocatable: { count: 7 },
      },
    ]);
    const { metadata } = await volumes.object();
    assert.equal(metadata.labels['topology.berth.dev/rack'], 'r1');
    assert.deepEqual(JSON.parse(metadata.annotations?.['csi.volume.kubernetes.io/nodeid'] ?? ''), {
      [driverName]: `id-of-${name}`,
    });
    driver.stop();
    await until('the driver is forgotten', async () => (await drivers()).length === 0);
    // Both kubelets change the node after its CSINode.
    await until(
      'the node has no id for the driver',
      async () =>
        (await volumes.object()).metadata.annotations?.['csi.volume.kubernetes.io/nodeid'] === undefined,
    );
    await driver.start();
    await until('the driver is registered again', async () => (await drivers()).length === 1);
  });

  test(`${kubelet} kubelet: a claim's volume is staged once, published for each pod, and all is undone`, async () => {
    const { node, driver } = await volumes.parts();
    const [volume, one, two] = [of('shared'), of('one'), of('two')];
    await kubectl.apply(
      volumes.driverObject({
        podInfoOnMount: true,
        fsGroupPolicy: 'File',
        tokenRequests: [{ audience: 'berth', expirationSeconds: 3600 }],
      }),
    );
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: of('stage') },
      stringData: { password: 'of the stage' },
    };
    await kubectl.apply(secret);
    const stageRef = { nodeStageSecretRef: { namespace: 'default', name: of('stage') } };
    await volumes.bind(
      volume,
      volumes.csi(volume, { fsType: 'ext4', volumeAttributes: { size: 'large' }, ...stageRef }),
    );
    await kubectl.apply(podWith(name, one, claim(volume), { securityContext: { fsGroup: 4321 } }));
    const { metadata } = await podIsReady(cluster, one);
    assert.deepEqual(driver.methodsOf(volume), ['NodeStageVolume', 'NodePublishVolume']);
    const [stage, publish] = driver.calls.map(({ request }) => request);
    const staged = String(stage?.['stagingTargetPath']);
    assert.match(
      staged.slice(node.rootDir.length),
      new RegExp(`^/plugins/kubernetes.io/csi/${driverName}/[0-9a-f]{64}/globalmount$`),
    );
    assert.deepEqual(stage?.['secrets'], { password: 'of the stage' });
    assert.deepEqual(stage?.['volumeContext'], { size: 'large' });
    assert.deepEqual(stage?.['volumeCapability'], publish?.['volumeCapability']);
    assert.equal(publish?.['stagingTargetPath'], staged);
    const folder = `pods/${metadata.uid}/volumes/kubernetes.io~csi/${volume}`;
    assert.equal(publish?.['targetPath'], join(node.rootDir, folder, 'mount'));
    const context = Object(publish?.['volumeContext']);
    const { 'csi.storage.k8s.io/serviceAccount.tokens': tokens, ...info } = context;
    assert.deepEqual(info, {
      size: 'large',
      'csi.storage.k8s.io/pod.name': one,
      'csi.storage.k8s.io/pod.namespace': 'default',
      'csi.storage.k8s.io/pod.uid': metadata.uid,
      'csi.storage.k8s.io/serviceAccount.name': 'default',
      'csi.storage.k8s.io/ephemeral': 'false',
    });
    const token = JSON.parse(tokens).berth;
    assert.equal(typeof token.token, 'string');
    assert.match(token.expirationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const data = JSON.parse(readFileSync(join(node.rootDir, folder, 'vol_data.json'), 'utf8'));
    assert.deepEqual(
      [data.driverName, data.volumeHandle, data.specVolID, data.volumeLifecycleMode],
      [driverName, volume, volume, 'Persistent'],
    );
    assert.equal(statSync(driver.directory(volume)).gid, 4321);
    await inPod(one, 'echo kept > /v/file');

    await kubectl.apply(podWith(name, two, claim(volume)));
    await podIsReady(cluster, two);
    assert.equal(await inPod(two, 'cat /v/file'), 'kept\n');
    const series = `kubelet_volume_stats_used_bytes{namespace="default",persistentvolumeclaim="${volume}"} 300`;
    await until(
      'the metrics say how full the volume is',
      async () => (await admin.text(`/api/v1/nodes/${name}/proxy/metrics`)).includes(series),
      undefined,
      slowMs,
    );
    await volumes.remove(one);
    assert.equal(await inPod(two, 'cat /v/file'), 'kept\n');
    await volumes.remove(two);
    await volumes.nothingIsMounted();
    assert.deepEqual(driver.methodsOf(volume), [
      'NodeStageVolume',
      'NodePublishVolume',
      'NodePublishVolume',
      'NodeUnpublishVolume',
      'NodeUnpublishVolume',
      'NodeUnstageVolume',
    ]);
    await until('its folder is gone', () => !existsSync(join(staged, '..')), undefined, slowMs);
    assert.equal(readFileSync(join(driver.directory(volume), 'file'), 'utf8'), 'kept\n');
  });

  test(`${kubelet} kubelet: a driver's volume that a pod describes itself lives as long as the pod`, async () => {
    const { driver } = await volumes.parts();
    const pod = of('inline');
    const calls = driver.calls.length;
    const source = { csi: { driver: driverName, volumeAttributes: { what: 'inline' }, readOnly: true } };
    await kubectl.apply(podWith(name, pod, source));
    await podIsReady(cluster, pod);
    const [publish] = driver.calls.slice(calls);
    assert.equal(publish?.method, 'NodePublishVolume');
    const handle = String(publish.request['volumeId']);
    assert.match(handle, /^csi-[0-9a-f]{64}$/);
    assert.equal(publish.request['readonly'], true);
    const context = Object(publish.request['volumeContext']);
    assert.deepEqual([context.what, context['csi.storage.k8s.io/ephemeral']], ['inline', 'true']);
    await volumes.remove(pod);
    await volumes.nothingIsMounted();
    assert.deepEqual(driver.methodsOf(handle), ['NodePublishVolume', 'NodeUnpublishVolume']);
  });

  test(`${kubelet} kubelet: a volume that has to be attached waits until it is, and is in use until it is unstaged`, async () => {
    const { driver } = await volumes.parts();
    const [volume, pod] = [of('attached'), of('attaches')];
    const inStatus = `kubernetes.io/csi/${driverName}^${volume}`;
    await kubectl.run(['delete', 'csidriver', driverName]);
    await volumes.bind(volume, volumes.csi(volume));
    await kubectl.apply(podWith(name, pod, claim(volume)));
    await until(
      'the node has the volume in use',
      async () => (await volumes.object()).status.volumesInUse?.includes(inStatus) === true,
      undefined,
      slowMs,
    );
    // The controller has made it; the attacher of the driver is the test.
    const attachments = '/apis/storage.k8s.io/v1/volumeattachments';
    const attachment = await until('there is an attachment', async () => {
      const list = await admin.find<{ items: { metadata: { name: string }; spec: { nodeName: string } }[] }>(
        attachments,
      );
      return list?.items.find(({ spec }) => spec.nodeName === name);
    });
    assert.deepEqual(driver.methodsOf(volume), []);
    await admin.patch(
      `${attachments}/${attachment.metadata.name}/status`,
      { status: { attached: true, attachmentMetadata: { disk: '7' } } },
      'merge',
    );
    await podIsReady(cluster, pod);
    assert.deepEqual(driver.methodsOf(volume), ['NodeStageVolume', 'NodePublishVolume']);
    const stage = driver.calls.find(({ request }) => request['volumeId'] === volume);
    assert.deepEqual(stage?.request['publishContext'], { disk: '7' });
    await volumes.remove(pod);
    await until(
      'the volume is not in use any more',
      async () => (await volumes.object()).status.volumesInUse?.includes(inStatus) !== true,
      undefined,
      slowMs,
    );
    assert.equal(driver.methodsOf(volume).at(-1), 'NodeUnstageVolume');
    await kubectl.apply(volumes.driverObject());
  });

  test(`${kubelet} kubelet: directories of the node are persistent volumes`, async () => {
    await volumes.parts();
    const [local, path] = [of('local'), of('path')];
    for (const folder of [local, path]) {
      mkdirSync(join(volumes.scratch, folder));
      writeFileSync(join(volumes.scratch, folder, 'file'), folder);
    }
    await kubectl.apply(
      ...bound(local, volumes.local(local)),
      ...bound(path, { hostPath: { path: join(volumes.scratch, path), type: 'Directory' } }),
    );
    await kubectl.run(['annotate', 'persistentvolume', path, 'pv.beta.kubernetes.io/gid=4242']);
    for (const volume of [local, path]) {
      await kubectl.apply(podWith(name, volume, claim(volume), { securityContext: { fsGroup: 99 } }));
      await podIsReady(cluster, volume);
      assert.equal(await inPod(volume, 'cat /v/file'), volume);
    }
    assert.equal(statSync(join(volumes.scratch, local, 'file')).gid, 99);
    assert.notEqual(statSync(join(volumes.scratch, path, 'file')).gid, 99);
    assert.equal(await inPod(path, 'id -G'), '0 99 4242\n');
    await volumes.remove(local, path);
    assert.equal(readFileSync(join(volumes.scratch, local, 'file'), 'utf8'), local);
  });

  test(`${kubelet} kubelet: each pod of a StatefulSet has a directory of the node, and its next one finds what it wrote`, async () => {
    await volumes.parts();
    const set = of('set');
    const storageClassName = of('local-storage');
    const storage = '1Gi';
    for (const number of [0, 1]) mkdirSync(join(volumes.scratch, `${set}-${number}`));
    await kubectl.apply(
      {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'StorageClass',
        metadata: { name: storageClassName },
        provisioner: 'kubernetes.io/no-provisioner',
        volumeBindingMode: 'WaitForFirstConsumer',
      },
      ...[0, 1].map((number) => ({
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: `${set}-${number}` },
        spec: {
          capacity: { storage },
          accessModes: ['ReadWriteOnce'],
          persistentVolumeReclaimPolicy: 'Retain',
          storageClassName,
          ...volumes.local(`${set}-${number}`),
        },
      })),
    );
    const claimSpec = {
      accessModes: ['ReadWriteOnce'],
      storageClassName,
      resources: { requests: { storage } },
    };
    await kubectl.apply(
      ...statefulSet({
        name: set,
        node: name,
        replicas: 2,
        podSpec: { terminationGracePeriodSeconds: 1 },
        container: { volumeMounts: [{ name: 'data', mountPath: '/v' }] },
        spec: { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claimSpec }] },
      }),
    );
    const [first, second] = [`${set}-0`, `${set}-1`];
    const app = `app=${set}`;
    const before = await pods.allReady(app, 2);
    for (const pod of [first, second]) await inPod(pod, `echo of ${pod} > /v/file`);
    await kubectl.run(['delete', 'pod', first]);
    const after = await pods.allReady(app, 2);
    const uids = (all: typeof before): Set<string> => new Set(all.map(({ metadata }) => metadata.uid));
    assert.equal(uids(after).intersection(uids(before)).size, 1);
    for (const pod of [first, second]) assert.equal(await inPod(pod, 'cat /v/file'), `of ${pod}\n`);
    await kubectl.run(['delete', `statefulset/${set}`, `service/${set}`]);
    await pods.noneOf(app);
    await kubectl.run(['delete', 'pvc', `data-${first}`, `data-${second}`]);
    const files = [0, 1].map((number) =>
      readFileSync(join(volumes.scratch, `${set}-${number}`, 'file'), 'utf8'),
    );
    assert.deepEqual(files.sort(), [`of ${first}\n`, `of ${second}\n`]);
  });

  test(`${kubelet} kubelet: a volume that was made larger is expanded before its pod runs`, async () => {
    const { driver } = await volumes.parts();
    const volume = of('grows');
    await volumes.bind(volume, volumes.csi(volume));
    const path = `/api/v1/namespaces/default/persistentvolumeclaims/${volume}`;
    // What the provisioner's controller does.
    const storage = '2Gi';
    await admin.patch(`/api/v1/persistentvolumes/${volume}`, { spec: { capacity: { storage } } }, 'merge');
    await admin.patch(
      `${path}/status`,
      {
        status: {
          allocatedResources: { storage },
          allocatedResourceStatuses: { storage: 'NodeResizePending' },
        },
      },
      'merge',
    );
    await kubectl.apply(podWith(name, volume, claim(volume)));
    await podIsReady(cluster, volume);
    const status = await until('the claim has the new size', async () => {
      const found = await admin.find<{
        status: { capacity: { storage: string }; allocatedResourceStatuses?: object };
      }>(path);
      return found?.status.capacity.storage === storage && found.status;
    });
    assert.equal(status.allocatedResourceStatuses, undefined);
    const expand = driver.calls.find((call) => call.method === 'NodeExpandVolume');
    assert.deepEqual(expand?.request['capacityRange'], { requiredBytes: 2n ** 31n, limitBytes: 0n });
    await volumes.remove(volume);
    await volumes.nothingIsMounted();
  });

  test(`${kubelet} kubelet: a claim is made for a pod, and goes with it`, async () => {
    const { driver } = await volumes.parts();
    const [pod, volume] = [of('own'), of('own-pv')];
    const claimName = `${pod}-v`;
    const [persistent] = bound(volume, {
      ...volumes.csi(volume),
      claimRef: { namespace: 'default', name: claimName },
    });
    await kubectl.apply(persistent ?? {});
    const volumeClaimTemplate = {
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'none',
        volumeName: volume,
        resources: { requests: { storage: '1Gi' } },
      },
    };
    await kubectl.apply(podWith(name, pod, { ephemeral: { volumeClaimTemplate } }));
    await podIsReady(cluster, pod);
    assert.deepEqual(driver.methodsOf(volume), ['NodeStageVolume', 'NodePublishVolume']);
    await volumes.remove(pod);
    await volumes.nothingIsMounted();
    assert.equal(driver.methodsOf(volume).at(-1), 'NodeUnstageVolume');
  });
}
