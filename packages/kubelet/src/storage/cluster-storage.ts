// The storage of a node in its cluster: plugins that register, CSI drivers, claims and persistent volumes.
import type { ApiClient } from '../apiserver/api-client.ts';
import type { Recorder, VolumeRecorder } from '../events/event.ts';
import { createLogger } from '../klog/klog.ts';
import type { VolumeMetrics } from '../metrics/volume-metrics.ts';
import { CsiNodeSync } from '../node/csi-node/csi-node-sync.ts';
import type { NodeSelinux } from '../node/node-selinux.ts';
import type { Node } from '../node/status/node-object.ts';
import type { PluginHandler } from '../plugin-watcher/plugin-handler.ts';
import { PluginManager } from '../plugin-watcher/plugin-manager.ts';
import type { VolumeStats } from '../stats/stats-api.ts';
import { CsiDriverObjects } from '../volumes/csi/csi-driver-objects.ts';
import { CsiDrivers } from '../volumes/csi/csi-drivers.ts';
import { CsiVolumes } from '../volumes/csi/csi-volumes.ts';
import { sweepLocalDevices } from '../volumes/persistent/local-device.ts';
import { LocalVolumes } from '../volumes/persistent/local-volumes.ts';
import { MountedVolumes } from '../volumes/persistent/mounted-volumes.ts';
import { type StoragePluginsPorts, storagePlugins } from '../volumes/persistent/storage-plugins.ts';
import type { VolumePlugin } from '../volumes/plugin.ts';
import type { ServerContents } from '../volumes/server-contents.ts';

const log = createLogger('cluster-storage.ts');

/** The parameters of the storage. */
export interface ClusterStoragePorts {
  client: ApiClient;
  options: { rootDir: string; nodeName: string };
  tokens: Pick<ServerContents, 'issuedToken'>;
  metrics: VolumeMetrics;
  selinux: NodeSelinux;
  events: Recorder & VolumeRecorder;
  /** Takes plugins of the type DevicePlugin. */
  devicePlugins: PluginHandler;
  /** Takes plugins of the type DRAPlugin. */
  draPlugins: PluginHandler;
  /** The node as it was observed last. */
  node(): Node | undefined;
  /** Its status is to be sent: it has other volumes in use, or has become ready. */
  reportNode(): void;
  /** Something has happened for which these pods wait; undefined: any pod may. */
  onVolumes(uids: Iterable<string> | undefined): void;
}

/** The storage. */
export class ClusterStorage {
  readonly #ports: ClusterStoragePorts;
  readonly #objects: CsiDriverObjects;
  readonly #csiNode: CsiNodeSync;
  readonly #drivers: CsiDrivers;
  readonly #plugins: PluginManager;
  readonly #csi: CsiVolumes;
  readonly #local: LocalVolumes;
  readonly #mounted = new MountedVolumes();
  #stopped = false;

  constructor(ports: ClusterStoragePorts) {
    this.#ports = ports;
    const { client, options, tokens, metrics, selinux, events, node, reportNode, onVolumes } = ports;
    this.#objects = new CsiDriverObjects(client, () => {
      reportNode();
      onVolumes(undefined);
    });
    this.#csiNode = new CsiNodeSync(client, options.nodeName);
    this.#drivers = new CsiDrivers({
      registrar: this.#csiNode,
      metrics,
      onRegistered: (driver) => {
        this.#csi.driverCame(driver);
        onVolumes(undefined);
      },
    });
    this.#plugins = new PluginManager(
      options.rootDir,
      { CSIPlugin: this.#drivers, DevicePlugin: ports.devicePlugins, DRAPlugin: ports.draPlugins },
      metrics,
    );
    this.#csi = new CsiVolumes({
      roots: options,
      nodeName: options.nodeName,
      client,
      drivers: this.#drivers,
      driverObject: (name) => this.#objects.find(name),
      knownDriverObjects: () => this.#objects.known(),
      tokens,
      metrics,
      selinux,
      node,
      onInUse: reportNode,
      onUnmounted: onVolumes,
    });
    this.#local = new LocalVolumes({ roots: options, metrics, events });
    metrics.countClaims(() => this.#mounted.claims());
  }

  start(): void {
    this.#objects.start();
    this.#csiNode.start(this.#ports.reportNode);
    const { options: roots, metrics } = this.#ports;
    sweepLocalDevices({ roots, metrics }).catch((error: unknown) => {
      log.error('Failed to take block devices from pods that are gone', { err: error });
    });
    this.#local.start();
    this.#csi.start().then(
      () => {
        if (this.#stopped) return;
        this.#plugins.start();
        this.#ports.reportNode();
      },
      (error: unknown) => log.error('Failed to read the volumes of an earlier kubelet', { err: error }),
    );
  }

  stop(): void {
    this.#stopped = true;
    this.#plugins.stop();
    this.#csi.stop();
    this.#local.stop();
    this.#csiNode.stop();
    this.#objects.stop();
  }

  /** The kinds of volumes that need an API server. */
  volumePlugins(iscsi: StoragePluginsPorts['iscsi']): VolumePlugin[] {
    const { options: roots, client, node, metrics, selinux, events } = this.#ports;
    const [csi, local, mounted] = [this.#csi, this.#local, this.#mounted];
    return storagePlugins({ roots, client, csi, iscsi, local, node, mounted, metrics, selinux, events });
  }

  /** The node's status has changed: volumes may have been attached. */
  nodeChanged(): void {
    const waiting = this.#csi.takeWaiting();
    if (waiting.length > 0) this.#ports.onVolumes(waiting);
  }

  /** Attachable volumes in use; undefined while they are not known. */
  volumesInUse(): readonly string[] | undefined {
    return this.#csi.inUse();
  }

  /** What is known of the sizes of a pod's volumes. */
  volumeStats(uid: string): VolumeStats[] {
    return this.#mounted.of(uid);
  }

  /** Why the node cannot be ready. */
  problems(): string[] {
    const problem = this.#csiNode.problem();
    return problem === undefined ? [] : [problem];
  }
}
