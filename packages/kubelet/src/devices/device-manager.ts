// Gives devices of plugins to containers, and remembers which has which in a checkpoint.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';
import { replaceFileSync } from '@berth/common/files/replace-file.ts';
import { Semaphore } from '@berth/common/semaphore.ts';
import { workloadContainers } from '../api/each-container.ts';
import { type AllocatedResourceStatus, type Container, type Pod, podKey } from '../api/pod.ts';
import { isFromApi } from '../api/pod-source-of.ts';
import { createLogger } from '../klog/klog.ts';
import type { DeviceMetrics } from '../metrics/device-metrics.ts';
import { isExtendedResource } from '../node/status/resources.ts';
import { type Allocation, Allocations, idsOf, noNumaNode } from './allocations.ts';
import { checkpointText, parseCheckpoint } from './checkpoint.ts';
import { chooseDevices, completeChoice } from './choose-devices.ts';
import { type ContainerDevices, containerDevices } from './container-devices.ts';
import { allocatedInstances, type DeviceInstance } from './device-instances.ts';
import { type DeviceList, deviceHealth, healthyIds } from './device-list.ts';
import { deviceNeeds, needsDevices, reusableDevices } from './device-needs.ts';
import type { DevicePlugins } from './device-plugins.ts';

const log = createLogger('device-manager.ts');

const maxCheckpointBytes = 256 * 1024 * 1024;

/** What the manager needs. */
export interface DeviceManagerPorts {
  /** Path of the checkpoint. */
  checkpoint: string;
  plugins: DevicePlugins;
  metrics: Pick<DeviceMetrics, 'allocated'>;
  /** Whether something of the pod runs, or may still start. */
  isActive(uid: string): boolean;
}

/** The devices of containers. */
export class DeviceManager {
  readonly #ports: DeviceManagerPorts;
  readonly #allocations = new Allocations();
  /** One pod after the other: what one gets is not free for the next. */
  readonly #turn = new Semaphore(1);
  /** Whether the checkpoint lacks an allocation: no container starts before it is written. */
  #isUnsaved = false;
  #stopped = false;
  /** Whether an earlier kubelet has left a checkpoint. */
  readonly hadCheckpoint: boolean;

  /** Reads the checkpoint. One that is damaged is ignored: its devices are allocated again when containers start. */
  constructor(ports: DeviceManagerPorts) {
    this.#ports = ports;
    this.hadCheckpoint = this.#load();
  }

  #load(): boolean {
    const { checkpoint: path, plugins } = this.#ports;
    try {
      const content = readRegularFileSync(path, { maxBytes: maxCheckpointBytes, followLink: false });
      const { allocations, registered } = parseCheckpoint(content.toString());
      for (const { allocation, ...key } of allocations) this.#allocations.set(key, allocation);
      plugins.expect(registered.keys());
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return false;
      log.error(
        'Continue after failing to read checkpoint file. Device allocation info may NOT be up-to-date',
        { err: error, path },
      );
    }
    return true;
  }

  /** Leaves the checkpoint to the next kubelet. */
  stop(): void {
    this.#stopped = true;
  }

  /** Writes the checkpoint; throws when that fails. */
  save(): void {
    if (this.#stopped) return;
    const { checkpoint: path, plugins } = this.#ports;
    const text = checkpointText({
      allocations: [...this.#allocations.entries()],
      registered: plugins.healthy(),
    });
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
      replaceFileSync(path, text, { mode: 0o600 });
      this.#isUnsaved = false;
    } catch (error) {
      throw new Error(`failed to write checkpoint file ${JSON.stringify(path)}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Nothing but the scheduler of a cluster says whether a node without a plugin has the resource. */
  #tellMissing(pod: Pod, container: Container): void {
    if (isFromApi(pod)) return;
    const isMissing = (name: string): boolean => isExtendedResource(name) && !this.isManaged(name);
    for (const resource of deviceNeeds(container, isMissing).keys()) {
      log.warn('Starting a container without a device, since no device plugin has registered the resource', {
        pod: podKey(pod),
        containerName: container.name,
        resourceName: resource,
      });
    }
  }

  /** The health of the devices that a container has, by resource. */
  health(uid: string, container: string): AllocatedResourceStatus[] {
    return [...this.#allocations.ofContainer(uid, container)].map(([resource, allocation]) =>
      deviceHealth(resource, idsOf(allocation), this.#ports.plugins.devices(resource)),
    );
  }

  /** The devices that a container has. */
  allocated(uid: string, container: string): DeviceInstance[] {
    return allocatedInstances(this.#allocations.ofContainer(uid, container));
  }

  /** The UIDs of the pods that have devices of the resource. */
  podsWith(resource: string): Set<string> {
    return new Set(
      [...this.#allocations.entries()].filter((each) => each.resource === resource).map(({ pod }) => pod),
    );
  }

  /** Whether a plugin has registered the resource, or containers have devices of it. */
  isManaged(resource: string): boolean {
    return this.#ports.plugins.has(resource) || this.#allocations.inUse(resource).size > 0;
  }

  /** Whether the pod asks for devices of plugins. */
  needs(pod: Pod): boolean {
    return needsDevices(pod, (resource) => this.isManaged(resource));
  }

  /** Gives the pod's containers what they ask for. Rejects, with none of it, when one cannot have it. */
  async allocate(pod: Pod): Promise<void> {
    const { uid } = pod.metadata;
    await this.#turn.run(async () => {
      this.freeInactive();
      try {
        for (const { container } of workloadContainers(pod.spec)) await this.#give(pod, container);
      } catch (error) {
        this.#free([uid]);
        throw error;
      }
    });
  }

  /** Gives a container what it lacks, and writes the checkpoint before it can start. */
  async #give(pod: Pod, container: Container): Promise<void> {
    const needs = deviceNeeds(container, (resource) => this.isManaged(resource));
    for (const [resource, required] of needs) {
      const allocation = await this.#choose(pod, container, { resource, required });
      if (!allocation) continue;
      const key = { pod: pod.metadata.uid, container: container.name, resource };
      this.#allocations.set(key, allocation);
      this.#isUnsaved = true;
    }
    if (this.#isUnsaved) this.save();
  }

  /** Undefined when the container has its devices already. */
  async #choose(
    pod: Pod,
    { name }: Container,
    { resource, required }: { resource: string; required: number },
  ): Promise<Allocation | undefined> {
    const { plugins, metrics } = this.#ports;
    const began = performance.now();
    const { uid } = pod.metadata;
    const held = (container: string) => this.#allocations.get({ pod: uid, container, resource });
    const own = held(name);
    const devices = plugins.devices(resource);
    const choice = chooseDevices({
      pod: uid,
      container: name,
      resource,
      required,
      held: own && idsOf(own),
      healthy: devices && healthyIds(devices),
      inUse: this.#allocations.inUse(resource),
      reusable: reusableDevices(pod, name, (container) => {
        const allocation = held(container);
        return allocation ? idsOf(allocation) : new Set();
      }),
    });
    if (!choice) return undefined;
    const { chosen, available, missing } = choice;
    const endpoint = plugins.endpoint(resource);
    const preferred =
      missing === 0 ? [] : await endpoint.preferred([...available, ...chosen], chosen, required);
    const ids = completeChoice(choice, preferred);
    const response = await endpoint.allocate(ids).finally(() => metrics.allocated(resource, began));
    return { deviceIds: byNumaNode(ids, plugins.devices(resource)), response };
  }

  /** Frees the devices of pods that are gone. Returns whether there were any. */
  freeInactive(): boolean {
    return this.#free(this.#allocations.pods().filter((uid) => !this.#ports.isActive(uid)));
  }

  #free(uids: readonly string[]): boolean {
    const freed = uids.filter((uid) => this.#allocations.delete(uid));
    if (freed.length === 0) return false;
    log.info('Freed the devices of pods', { podUIDs: freed });
    try {
      this.save();
    } catch (error) {
      // The next kubelet frees them, too.
      log.error('Failed to write checkpoint file', { err: error });
    }
    return true;
  }

  /**
   * What a container that is about to start gets with its devices, which their plugins have reset if they want that;
   * undefined when it has none. A container that ran before its resource had a plugin is given devices now.
   */
  async ofContainer(pod: Pod, container: Container): Promise<ContainerDevices | undefined> {
    const { uid } = pod.metadata;
    const needs = deviceNeeds(container, (resource) => this.isManaged(resource));
    this.#tellMissing(pod, container);
    if (needs.size === 0) return undefined;
    const held = this.#allocations.ofContainer(uid, container.name);
    if (this.#isUnsaved || [...needs.keys()].some((resource) => !held.has(resource))) {
      await this.#turn.run(async () => {
        this.freeInactive();
        await this.#give(pod, container);
      });
    }
    const allocations = this.#allocations.ofContainer(uid, container.name);
    for (const [resource, allocation] of allocations) {
      if (this.#ports.plugins.wantsPreStart(resource)) {
        await this.#ports.plugins.endpoint(resource).preStart([...idsOf(allocation)]);
      }
    }
    const responses = [...allocations.values()].map(({ response }) => response);
    return containerDevices(responses, (what, name) => {
      log.error('Device plugins contradict each other about a container', {
        podUID: uid,
        containerName: container.name,
        err: `they give different values for the ${what} ${name}`,
      });
    });
  }
}

/** The devices by their NUMA nodes, as the checkpoint has them. */
function byNumaNode(ids: readonly string[], devices: DeviceList | undefined): Record<string, string[]> {
  const nodes: Record<string, string[]> = {};
  for (const id of ids) {
    const { numaNodes = [] } = devices?.get(id) ?? {};
    for (const node of numaNodes.length > 0 ? numaNodes : [noNumaNode]) {
      nodes[node] = [...(nodes[node] ?? []), id];
    }
  }
  return nodes;
}

/** The folder of device plugins. */
export function devicePluginDir(rootDir: string): string {
  return join(rootDir, 'device-plugins');
}
