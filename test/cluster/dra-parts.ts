// A node with a driver of resource claims, and the objects that its tests make.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { parseCheckpoint } from '@berth/kubelet/dra/checkpoint.ts';
import type { Cluster } from '@berth/test-support/cluster/cluster.ts';
import { type ClusterNode, type KubeletName, startNode } from '@berth/test-support/cluster/node.ts';
import {
  type ClaimDevice,
  DraTestDriver,
  type DraTestDriverOptions,
} from '@berth/test-support/dra-driver.ts';
import { until } from '@berth/test-support/until.ts';
import { nodeIsReady } from './objects.ts';
import { forever, podOn } from './pod-objects.ts';

/** The real kubelet tries again after a minute and a half. */
export const slowMs = 200_000;

interface Claim {
  metadata: { name: string; uid: string };
  status?: {
    allocation?: {
      devices: { results: { request: string; driver: string; pool: string; device: string }[] };
    };
    reservedFor?: { name: string }[];
  };
}

const api = '/apis/resource.k8s.io/v1';
const cdiDir = '/var/run/cdi';

/** The node of a test file, with its driver; both start with the first test that uses them. */
export class DraNode {
  readonly name: string;
  readonly driverName: string;
  readonly #cluster: Cluster;
  readonly #kubelet: KubeletName;
  #started: Promise<{ node: ClusterNode; driver: DraTestDriver }> | undefined;

  constructor(cluster: Cluster, kubelet: KubeletName) {
    this.#cluster = cluster;
    this.#kubelet = kubelet;
    this.name = `${kubelet}-d`;
    this.driverName = `${kubelet}.dra.berth.dev`;
    // Here: a hook that a test registers runs at the end of that test.
    after(async () => {
      const { node, driver } = (await this.#started?.catch(() => undefined)) ?? {};
      await node?.[Symbol.asyncDispose]();
      await driver?.[Symbol.asyncDispose]();
    });
  }

  /** The name of an object for this kubelet. */
  of(what: string): string {
    return `${what}-${this.#kubelet}`;
  }

  /** The node, Ready, and its driver, which has no socket yet. */
  parts(): Promise<{ node: ClusterNode; driver: DraTestDriver }> {
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start(): Promise<{ node: ClusterNode; driver: DraTestDriver }> {
    const { name } = this;
    const node = await startNode({ cluster: this.#cluster, name, kubelet: this.#kubelet });
    await nodeIsReady(this.#cluster, name);
    await this.#cluster.kubectl.apply(this.#class());
    return { node, driver: this.driverOf(node) };
  }

  /** Another plugin of the driver. */
  driverOf({ rootDir }: ClusterNode, options: Partial<DraTestDriverOptions> = {}): DraTestDriver {
    return new DraTestDriver({
      name: this.driverName,
      rootDir,
      cdiDir,
      devicesOf: ({ name }) => this.devicesOf(name),
      ...options,
    });
  }

  async claim(name: string): Promise<Claim | undefined> {
    return await this.#cluster.admin.find<Claim>(`${api}/namespaces/default/resourceclaims/${name}`);
  }

  /** What the scheduler has allocated to a claim. */
  async devicesOf(name: string): Promise<ClaimDevice[]> {
    const results = (await this.claim(name))?.status?.allocation?.devices.results ?? [];
    return results.map(({ request, pool, device }) => ({
      poolName: pool,
      deviceName: device,
      requestNames: [request],
    }));
  }

  /** The devices of the driver, for the scheduler. */
  async publish(): Promise<void> {
    await this.#cluster.kubectl.apply({
      apiVersion: 'resource.k8s.io/v1',
      kind: 'ResourceSlice',
      metadata: { name: this.of('slice') },
      spec: {
        driver: this.driverName,
        nodeName: this.name,
        pool: { name: this.name, generation: 1, resourceSliceCount: 1 },
        devices: ['d1', 'd2', 'd3', 'd4'].map((name) => ({ name })),
      },
    });
  }

  async isPublished(): Promise<boolean> {
    return (await this.#cluster.admin.find(`${api}/resourceslices/${this.of('slice')}`)) !== undefined;
  }

  /** All devices of the driver; they are an extended resource, too. */
  #class(): object {
    return {
      apiVersion: 'resource.k8s.io/v1',
      kind: 'DeviceClass',
      metadata: { name: this.of('class') },
      spec: {
        selectors: [{ cel: { expression: `device.driver == ${JSON.stringify(this.driverName)}` } }],
        extendedResourceName: this.resource,
      },
    };
  }

  get resource(): string {
    return `dra.berth.dev/${this.#kubelet}`;
  }

  /** What a claim asks for: a device for each request. */
  #spec(requests: readonly string[]): object {
    return {
      devices: {
        requests: requests.map((name) => ({ name, exactly: { deviceClassName: this.of('class') } })),
      },
    };
  }

  /** A claim that pods share by its name. */
  sharedClaim(name: string): object {
    return {
      apiVersion: 'resource.k8s.io/v1',
      kind: 'ResourceClaim',
      metadata: { name },
      spec: this.#spec(['one']),
    };
  }

  template(name: string, requests: readonly string[]): object {
    return {
      apiVersion: 'resource.k8s.io/v1',
      kind: 'ResourceClaimTemplate',
      metadata: { name },
      spec: { spec: this.#spec(requests) },
    };
  }

  /** A pod that the scheduler brings to the devices that it needs. */
  pod(name: string, spec: object, container: object = { resources: { claims: [{ name: 'c' }] } }): object {
    const scheduled = { nodeName: undefined, terminationGracePeriodSeconds: 1 };
    return podOn('', name, forever, { ...scheduled, ...spec }, container);
  }

  /** The variables that tell of devices, sorted. */
  async devicesIn(pod: string, container = 'main'): Promise<string[]> {
    const text = await this.#cluster.kubectl.run(['exec', pod, '-c', container, '--', 'env']);
    return text
      .split('\n')
      .filter((line) => line.startsWith('DEVICE_'))
      .sort();
  }

  /** The texts of the warnings about a pod. */
  async warnings(pod: string): Promise<string[]> {
    const path = `/api/v1/namespaces/default/events?fieldSelector=involvedObject.name=${pod},type=Warning`;
    const { items } = await this.#cluster.admin.get<{ items: { reason: string; message: string }[] }>(path);
    return items.map(({ reason, message }) => `${reason}: ${message}`);
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

  /** The names of the claims in the kubelet's checkpoint. Ours makes that with the first claim. */
  async recorded(): Promise<string[]> {
    const { node } = await this.parts();
    const file = join(node.rootDir, 'dra_manager_state');
    if (!existsSync(file)) return [];
    return parseCheckpoint(readFileSync(file, 'utf8')).map(({ name }) => name);
  }
}
