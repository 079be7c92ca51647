// A node with a CSI driver, and the pods, claims and volumes that its tests make.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after } from 'node:test';
import { hasCode } from '@berth/common/error-code.ts';
import { loopDevices } from '@berth/linux/files/loop-device.ts';
import { mounts } from '@berth/linux/mounts/mount.ts';
import type { Cluster } from '@berth/test-support/cluster/cluster.ts';
import { type ClusterNode, type KubeletName, startNode } from '@berth/test-support/cluster/node.ts';
import { CsiTestDriver } from '@berth/test-support/csi-driver.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { nodeIsReady } from './objects.ts';
import { forever, podOn } from './pod-objects.ts';

/** The real kubelet looks at its volumes once in a while. */
export const slowMs = 150_000;
const can = { stage: 1, stats: 2, expand: 3 } as const;

export interface CsiNode {
  metadata: { annotations?: Record<string, string>; ownerReferences?: { kind: string; name: string }[] };
  spec: {
    drivers:
      | { name: string; nodeID: string; topologyKeys?: string[]; allocatable?: { count: number } }[]
      | null;
  };
}

export interface Node {
  metadata: { annotations?: Record<string, string>; labels: Record<string, string> };
  status: { volumesInUse?: string[]; volumesAttached?: { name: string }[] };
}

/** A pod that the scheduler has no say in, with one volume at /v. */
export function podWith(node: string, name: string, source: object, spec: object = {}): object {
  const atNode = { terminationGracePeriodSeconds: 1, volumes: [{ name: 'v', ...source }], ...spec };
  return podOn(node, name, forever, atNode, { volumeMounts: [{ name: 'v', mountPath: '/v' }] });
}

/** The same with the volume as the block device /dev/disk. */
export function podWithDevice(node: string, name: string, source: object, script = forever): object {
  const restartPolicy = script === forever ? 'Always' : 'Never';
  const spec = { terminationGracePeriodSeconds: 1, restartPolicy, volumes: [{ name: 'v', ...source }] };
  return podOn(node, name, script, spec, { volumeDevices: [{ name: 'v', devicePath: '/dev/disk' }] });
}

/** What a claim and its volume both say. */
interface VolumeKind {
  volumeMode?: 'Filesystem' | 'Block';
  accessModes?: string[];
}

/** A claim, and the volume that is bound to it. */
export function bound(name: string, volume: object, kind: VolumeKind = {}): object[] {
  const storage = '1Gi';
  const { volumeMode = 'Filesystem', accessModes = ['ReadWriteOnce'] } = kind;
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: {
        capacity: { storage },
        accessModes,
        volumeMode,
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: 'none',
        claimRef: { namespace: 'default', name },
        ...volume,
      },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name },
      spec: {
        accessModes,
        volumeMode,
        storageClassName: 'none',
        volumeName: name,
        resources: { requests: { storage } },
      },
    },
  ];
}

/** A volume's source that refers to a claim. */
export const claim = (claimName: string) => ({ persistentVolumeClaim: { claimName } });

/** The node of a test file, with its driver; both start with the first test that uses them. */
export class VolumeNode {
  readonly name: string;
  readonly driverName: string;
  readonly #cluster: Cluster;
  readonly #kubelet: KubeletName;
  readonly #scratch: ReturnType<typeof scratchDir>;
  #started: Promise<{ node: ClusterNode; driver: CsiTestDriver }> | undefined;

  constructor(cluster: Cluster, kubelet: KubeletName) {
    this.#cluster = cluster;
    this.#kubelet = kubelet;
    this.name = `${kubelet}-v`;
    this.driverName = `${kubelet}.test.berth.dev`;
    this.#scratch = scratchDir(`csi-${kubelet}`);
    // Here: a hook that a test registers runs at the end of that test.
    after(async () => {
      const { node, driver } = (await this.#started?.catch(() => undefined)) ?? {};
      // Before the node unmounts what is left of a test that has failed: the driver finds loop devices by their paths.
      await driver?.[Symbol.asyncDispose]();
      await node?.[Symbol.asyncDispose]();
      this.#scratch[Symbol.dispose]();
    });
  }

  /** A folder of the test's own. */
  get scratch(): string {
    return this.#scratch.path;
  }

  /** The name of an object for this kubelet. */
  of(what: string): string {
    return `${what}-${this.#kubelet}`;
  }

  /** The node, Ready, and its driver, which has no socket yet. */
  parts(): Promise<{ node: ClusterNode; driver: CsiTestDriver }> {
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start(): Promise<{ node: ClusterNode; driver: CsiTestDriver }> {
    const { name } = this;
    const node = await startNode({ cluster: this.#cluster, name, kubelet: this.#kubelet });
    await nodeIsReady(this.#cluster, name);
    const driver = new CsiTestDriver({
      name: this.driverName,
      rootDir: node.rootDir,
      volumesDir: join(this.scratch, 'volumes'),
      capabilities: [can.stage, can.stats, can.expand],
      nodeId: `id-of-${name}`,
      maxVolumes: 7n,
      topology: { 'topology.berth.dev/rack': 'r1' },
    });
    return { node, driver };
  }

  async object(): Promise<Node> {
    const found = await this.#cluster.admin.find<Node>(`/api/v1/nodes/${this.name}`);
    assert.ok(found);
    return found;
  }

  csiNode(): Promise<CsiNode | undefined> {
    return this.#cluster.admin.find<CsiNode>(`/apis/storage.k8s.io/v1/csinodes/${this.name}`);
  }

  /** The source of a persistent volume of the driver. */
  csi(handle: string, more: object = {}): object {
    return { csi: { driver: this.driverName, volumeHandle: handle, ...more } };
  }

  /** The source of a persistent volume that is a folder of `scratch`, or a device, with the node that has it. */
  local(path: string): object {
    const onNode = { key: 'kubernetes.io/hostname', operator: 'In', values: [this.name] };
    return {
      local: { path: resolve(this.scratch, path) },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [onNode] }] } },
    };
  }

  /** The CSIDriver object, for volumes that need not be attached. */
  driverObject(spec: object = {}): object {
    return {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSIDriver',
      metadata: { name: this.driverName },
      spec: { attachRequired: false, volumeLifecycleModes: ['Persistent', 'Ephemeral'], ...spec },
    };
  }

  /** Makes a volume with its claim, of the same name. */
  async bind(name: string, volume: object, kind: VolumeKind = {}): Promise<void> {
    const { admin, kubectl } = this.#cluster;
    await kubectl.apply(...bound(name, volume, kind));
    await until(`claim ${name} is bound`, async () => {
      const path = `/api/v1/namespaces/default/persistentvolumeclaims/${name}`;
      return (await admin.find<{ status: { phase: string } }>(path))?.status.phase === 'Bound';
    });
  }

  /** Deletes pods, and waits until they are gone. */
  async remove(...pods: string[]): Promise<void> {
    const { admin, kubectl } = this.#cluster;
    await kubectl.run(['delete', 'pod', ...pods, '--wait=false', '--ignore-not-found']);
    for (const pod of pods) {
      await until(
        `pod ${pod} is gone`,
        async () => (await admin.find(`/api/v1/namespaces/default/pods/${pod}`)) === undefined,
        undefined,
        slowMs,
      );
    }
  }

  /** Waits until nothing of the driver is mounted. */
  async nothingIsMounted(): Promise<void> {
    const { node } = await this.parts();
    const mounted = () =>
      mounts()
        .map(({ mountPoint }) => mountPoint)
        .filter((path) => path.startsWith(node.rootDir) && path.includes('csi'));
    await until('nothing of the driver is mounted', () => mounted().length === 0, mounted, slowMs);
  }

  /** Waits until nothing is left of a block device: no mount, no loop device, and no file. */
  async noDeviceIsLeft(volume: string): Promise<void> {
    const { node, driver } = await this.parts();
    const isOfVolume = (path: string): boolean =>
      path === driver.disk(volume) || (path.startsWith(node.rootDir) && path.split('/').includes(volume));
    const left = (): string[] =>
      [
        ...mounts().map(({ mountPoint }) => mountPoint),
        ...loopDevices().map(({ backing }) => backing),
        ...pathsBelow(join(node.rootDir, 'plugins')),
      ].filter(isOfVolume);
    await until('nothing is left of the device', () => left().length === 0, left, slowMs);
  }
}

/** All that is below a folder, while others may remove it. */
function pathsBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? [path, ...pathsBelow(path)] : [path];
    });
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
