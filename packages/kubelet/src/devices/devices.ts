// The devices of plugins on this node: their registration, what the node has of them, and which pods get them.
import { join } from 'node:path';
import { messageOf } from '@berth/common/error-message.ts';
import type { Failed } from '../admission/check.ts';
import { findContainer } from '../api/each-container.ts';
import type { AllocatedResourceStatus, Container, Pod } from '../api/pod.ts';
import { createLogger } from '../klog/klog.ts';
import type { DeviceMetrics } from '../metrics/device-metrics.ts';
import type { PluginHandler } from '../plugin-watcher/plugin-handler.ts';
import type { ContainerDevices } from './container-devices.ts';
import { DeviceAdmission } from './device-admission.ts';
import { type DeviceInstance, healthyInstances } from './device-instances.ts';
import type { DeviceCounts } from './device-list.ts';
import { DeviceManager, devicePluginDir } from './device-manager.ts';
import { DevicePlugins } from './device-plugins.ts';
import { Paced } from './paced.ts';
import { checkPlugin } from './registration-check.ts';
import { RegistrationServer } from './registration-server.ts';

const log = createLogger('devices.ts');

/** How often changes of devices are told at most. */
const changeIntervalMs = 1000;

/** What devices need of the kubelet. */
export interface DevicesPorts {
  rootDir: string;
  /** Whether something of the pod runs, or may still start. */
  isActive(uid: string): boolean;
  /** Whether a pod has finished, or has to end. */
  isOver(uid: string): boolean;
  /** A pod has its devices, or cannot have them; pods have to be judged anew. */
  onDecided(): void;
  /** The node has other devices than before, or other health of them, which these pods may have. */
  onChange(uids: ReadonlySet<string>): void;
  metrics: DeviceMetrics;
  /** The pod without the resources that it has by a claim. */
  withoutClaimed(pod: Pod): Pod;
  /** How long a resource stays without a plugin, in milliseconds. */
  graceMs?: number;
}

/** The devices of one kubelet. */
export class Devices {
  readonly #ports: DevicesPorts;
  readonly #plugins: DevicePlugins;
  readonly #manager: DeviceManager;
  readonly #admission: DeviceAdmission;
  readonly #server: RegistrationServer;
  /** Registers plugins of the type DevicePlugin, which are below plugins_registry. */
  readonly handler: PluginHandler;
  /** Resources whose devices have changed since that was told. */
  readonly #changed = new Set<string>();
  readonly #changes = new Paced(() => this.#tellChanged(), changeIntervalMs);
  /** Why no plugin can register. */
  #problem: string | undefined;
  #stopped = false;

  /** Reads what an earlier kubelet has left; `start` begins to take registrations. */
  constructor(ports: DevicesPorts) {
    this.#ports = ports;
    const { rootDir, isActive, isOver, onDecided, metrics, graceMs } = ports;
    const directory = devicePluginDir(rootDir);
    this.#plugins = new DevicePlugins({
      onChange: (resource) => {
        if (this.#stopped) return;
        this.#changed.add(resource);
        this.#changes.ask();
      },
      ...(graceMs !== undefined && { graceMs }),
    });
    this.#manager = new DeviceManager({
      checkpoint: join(directory, 'kubelet_internal_checkpoint'),
      plugins: this.#plugins,
      metrics,
      isActive,
    });
    this.#admission = new DeviceAdmission({
      manager: {
        needs: (pod) => this.#manager.needs(ports.withoutClaimed(pod)),
        allocate: (pod) => this.#manager.allocate(ports.withoutClaimed(pod)),
      },
      isOver,
      onDecided,
    });
    this.#server = new RegistrationServer(
      directory,
      (name, socket) => this.#plugins.connect(name, socket),
      metrics,
    );
    this.handler = {
      validate: checkPlugin,
      register: ({ name, endpoint }) => this.#plugins.connect(name, endpoint),
      deregister: async ({ name, endpoint }) => this.#plugins.disconnect(name, endpoint),
    };
  }

  /** Takes registrations from now on. */
  start(): void {
    if (this.#stopped) return;
    this.#plugins.start();
    this.#server.start().catch((error: unknown) => {
      log.error('Failed to listen for device plugins', { err: error });
      this.#problem = `device registration error: device plugin registration gRPC server failed and no device plugins can register: ${messageOf(error)}`;
    });
  }

  /** Stops; containers keep their devices. */
  stop(): void {
    this.#stopped = true;
    this.#changes.stop();
    this.#server.stop();
    this.#admission.stop();
    this.#manager.stop();
    this.#plugins.stop();
  }

  #tellChanged(): void {
    const resources = [...this.#changed];
    this.#changed.clear();
    try {
      this.#manager.save();
    } catch (error) {
      log.error('Writing checkpoint encountered', { err: error });
    }
    this.#ports.onChange(new Set(resources.flatMap((resource) => [...this.#manager.podsWith(resource)])));
    if (this.#admission.retry()) this.#ports.onDecided();
  }

  /** Why no plugin can register, for /healthz; undefined: they can. */
  problem(): string | undefined {
    return this.#problem;
  }

  /** The devices that a container has. */
  allocated(uid: string, container: string): DeviceInstance[] {
    return this.#manager.allocated(uid, container);
  }

  /** The devices that containers can have, free or not. */
  allocatable(): DeviceInstance[] {
    return healthyInstances(this.#plugins.lists());
  }

  /** Whether an earlier kubelet has managed devices here. */
  get hadCheckpoint(): boolean {
    return this.#manager.hadCheckpoint;
  }

  /** How many devices of each resource the node has. */
  counts(): ReadonlyMap<string, DeviceCounts> {
    return this.#plugins.counts();
  }

  /** Whether devices of the resource are given to containers one by one. */
  isManaged(resource: string): boolean {
    return this.#manager.isManaged(resource);
  }

  /** The runtime has told which pods run: they keep the devices that they have. */
  begin(running: ReadonlySet<string>): void {
    this.#admission.begin(running);
  }

  /** Those of the admitted pods that have their devices. Has devices allocated for the others. */
  ready(pods: ReadonlyMap<string, Pod>): ReadonlyMap<string, Pod> {
    return this.#admission.ready(pods);
  }

  /** Why a pod cannot have its devices; undefined when it has them, or waits. */
  refusal(uid: string): Failed | undefined {
    return this.#admission.refusal(uid);
  }

  /** The pod is judged as a new one. */
  forget(uid: string): void {
    this.#admission.forget(uid);
  }

  /** Forgets pods that no source has any more. */
  keepOnly(isDesired: (uid: string) => boolean): void {
    this.#admission.keepOnly(isDesired);
  }

  /** Something of a pod may have ended whose devices others wait for. */
  podChanged(): void {
    if (this.#admission.hasRefused) queueMicrotask(() => this.ended());
  }

  /** A pod has ended: frees its devices, unless it starts again. Others may get them. */
  ended(): void {
    if (this.#stopped) return;
    if (this.#manager.freeInactive() && this.#admission.retry()) this.#ports.onDecided();
  }

  /** The health of the devices that a container has. */
  health(uid: string, container: string): AllocatedResourceStatus[] {
    return this.#manager.health(uid, container);
  }

  /** What a container that is about to start gets with its devices. */
  async ofContainer(pod: Pod, container: Container): Promise<ContainerDevices | undefined> {
    const asking = this.#ports.withoutClaimed(pod);
    return await this.#manager.ofContainer(asking, findContainer(asking.spec, container.name) ?? container);
  }
}
