// This node in the API of its cluster: registers it, keeps its status and its lease, and knows it as others changed it.
import { arch } from 'node:os';
import { untilAborted } from '@berth/common/abort.ts';
import type { CriClient } from '@berth/cri/client/client.ts';
import type { ApiConnection } from '../../apiserver/api-connection.ts';
import type { NodeRecorder } from '../../events/event.ts';
import { createLogger } from '../../klog/klog.ts';
import type { NodeStartupMetrics } from '../../metrics/node-startup-metrics.ts';
import type { KubeletOptions } from '../../options/kubelet-options.ts';
import { NodeLease } from '../lease/node-lease.ts';
import { nodeLabels } from '../node-facts.ts';
import type { PodCidr } from '../pod-cidr.ts';
import type { ThisNode } from '../read-node.ts';
import { initialNode } from '../registration/initial-node.ts';
import type { Node } from '../status/node-object.ts';
import { type ComputedNode, withStatus } from '../status/node-status.ts';
import { ImageList } from './image-list.ts';
import { NodeWatch } from './node-watch.ts';
import { nodes, registerNode } from './registrar.ts';
import { RuntimeHealth } from './runtime-health.ts';
import { type NodeReports, StatusReader } from './status-reader.ts';
import { isReady, StatusUpdates } from './status-updates.ts';

const log = createLogger('cluster-node.ts');

const refreshTimeoutMs = 5000;

/** What the node needs of the rest of the kubelet. */
export interface ClusterNodePorts {
  api: ApiConnection;
  cri: {
    runtime: Pick<CriClient['runtime'], 'status' | 'version'>;
    image: Pick<CriClient['image'], 'listImages'>;
  };
  options: KubeletOptions;
  node: ThisNode;
  /** The kubelet's version. */
  version: string;
  /** Whether the parts that depend on the runtime have started. */
  isRunning(): boolean;
  reports: NodeReports;
  events: NodeRecorder;
  startup: NodeStartupMetrics;
  podCidr: PodCidr;
}

/** The node in its cluster. */
export class ClusterNode {
  readonly #ports: ClusterNodePorts;
  readonly #stopped = new AbortController();
  readonly #listeners: ((node: Node) => void)[] = [];
  readonly #watch: NodeWatch;
  readonly #health: RuntimeHealth;
  readonly #images: ImageList;
  readonly #reader: StatusReader;
  readonly #updates: StatusUpdates;
  readonly #lease: NodeLease;
  readonly #labels: Readonly<Record<string, string>>;
  #isRegistered = false;
  #hasToldReboot = false;
  #isUnschedulable = false;

  constructor(ports: ClusterNodePorts) {
    this.#ports = ports;
    const { api, cri, options, reports } = ports;
    const { nodeName: name } = options;
    this.#labels = nodeLabels(name, arch());
    this.#watch = new NodeWatch(api.client, name, (node) => {
      for (const listener of this.#listeners) listener(node);
    });
    this.#health = new RuntimeHealth(cri.runtime, ports.isRunning);
    this.#images = new ImageList(cri.image);
    this.#reader = new StatusReader({ ...ports, health: this.#health, images: this.#images, reports });
    this.#lease = new NodeLease({
      client: api.heartbeat,
      settings: { name, durationSeconds: options.nodeLeaseSeconds },
      nodeUid: async (signal) => {
        const { metadata } = await api.heartbeat.get<Node>(nodes, { name }, { signal });
        return metadata.uid ?? '';
      },
      onRepeatedFailure: () => api.closeConnections(),
    });
    this.#updates = new StatusUpdates({
      client: api.heartbeat,
      nodeName: name,
      intervals: options.nodeStatus,
      observed: () => this.current(),
      register: (signal) => this.#register(signal),
      updated: (before) => this.#updated(before),
      refreshRuntime: () => this.#health.refresh(),
      onReported: (node) => {
        if (isReady(node)) ports.startup.ready();
      },
      onAnswer: (node) => this.#watch.observe(node),
      onRepeatedFailure: () => api.closeConnections(),
    });
  }

  /** Registers the node and keeps it; returns at once. */
  start(): void {
    this.#watch.start();
    this.#health.start();
    this.#images.start();
    this.#updates.start();
    this.#lease.start();
  }

  /** Stops; the node and its lease stay. */
  stop(): void {
    this.#stopped.abort();
    for (const part of [this.#watch, this.#health, this.#images, this.#updates, this.#lease]) part.stop();
  }

  /** Has the status computed and sent now, if it has changed; returns at once. */
  tellStatus(): void {
    void this.#updates.sync();
  }

  /** Tells `listener` of each new version of the node. */
  onChange(listener: (node: Node) => void): void {
    this.#listeners.push(listener);
  }

  /** The node as the server had it last; undefined while it has none. */
  current(): Node | undefined {
    return this.#watch.current();
  }

  /** Name and UID of the node; undefined when the server has none, or deletes it. */
  reference(): { name: string; uid: string } | undefined {
    const { name, uid, deletionTimestamp } = this.current()?.metadata ?? {};
    return name === undefined || uid === undefined || deletionTimestamp !== undefined
      ? undefined
      : { name, uid };
  }

  /** Resolves when the node has been observed; rejects when a signal fires first. */
  async seen(signal: AbortSignal): Promise<void> {
    await untilAborted(this.#watch.seen, AbortSignal.any([signal, this.#stopped.signal]));
  }

  /** Sends the status now if it has changed, because others wait for it. Returns at once. */
  report(): void {
    if (this.current() !== undefined) void this.#updates.sync();
  }

  /** Reads the node from the server now, because a pod does not fit the one that was observed. Never rejects. */
  async refresh(): Promise<void> {
    const { api, options } = this.#ports;
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(refreshTimeoutMs)]);
    try {
      this.#watch.observe(await api.client.get<Node>(nodes, { name: options.nodeName }, { signal }));
    } catch (error) {
      log.error('Failed to synchronously fetch node info', { err: error });
    }
  }

  async #register(signal: AbortSignal): Promise<void> {
    const { api, options, reports, startup } = this.#ports;
    if (this.#isRegistered || !options.registration.register) return;
    await registerNode(
      {
        client: api.client,
        initial: async () => {
          const initial = initialNode(options.nodeName, this.#labels, options.registration);
          return this.#told(await this.#computed(initial));
        },
        // Without a checkpoint of devices the node is a new one, whatever its object says.
        resetsExtendedResources: () => !reports.hadDevices(),
        startup,
      },
      signal,
    );
    this.#isRegistered = !signal.aborted;
  }

  async #updated(before: Node): Promise<{ node: Node; isChanged: boolean }> {
    const podCidrs = before.spec?.podCIDRs ?? [];
    const hasNewCidr = podCidrs.length > 0 && (await this.#ports.podCidr.set(podCidrs.join(',')));
    const required = Object.fromEntries(
      ['kubernetes.io/os', 'kubernetes.io/arch'].map((label) => [label, this.#labels[label] ?? '']),
    );
    const isRelabelled = Object.entries(required).some(
      ([label, value]) => before.metadata.labels?.[label] !== value,
    );
    const labelled: Node = isRelabelled
      ? { ...before, metadata: { ...before.metadata, labels: { ...before.metadata.labels, ...required } } }
      : before;
    this.#tellSchedulable(before.spec?.unschedulable === true);
    return {
      node: this.#told(await this.#computed(labelled)),
      isChanged: hasNewCidr || isRelabelled,
    };
  }

  async #computed(node: Node): Promise<ComputedNode> {
    return withStatus(node, await this.#reader.read(), Date.now());
  }

  /** Records what is to be told of a computed node. */
  #told({ node, events, rebooted, problem }: ComputedNode): Node {
    const { name } = node.metadata;
    if (problem !== undefined)
      log.error('Failed to set some node status fields', { node: name, err: problem });
    if (rebooted !== undefined && !this.#hasToldReboot) {
      this.#hasToldReboot = true;
      const message = `Node ${name} has been rebooted, boot id: ${rebooted}`;
      this.#ports.events.recordOfNode('Warning', 'Rebooted', message, this.reference()?.uid);
    }
    for (const event of events) this.#recordStatus(event);
    return node;
  }

  #tellSchedulable(isUnschedulable: boolean): void {
    if (isUnschedulable === this.#isUnschedulable) return;
    this.#isUnschedulable = isUnschedulable;
    this.#recordStatus(isUnschedulable ? 'NodeNotSchedulable' : 'NodeSchedulable');
  }

  #recordStatus(reason: string): void {
    const { events, options } = this.#ports;
    const message = `Node ${options.nodeName} status is now: ${reason}`;
    events.recordOfNode('Normal', reason, message, this.reference()?.uid);
  }
}
