// Makes the volumes of CSI drivers for pods, and takes them away: waits until a volume is attached, has it staged once for
// the node and published for each pod, in the order of pkg/volume/csi.
import { messageOf } from '@berth/common/error-message.ts';
import { selinuxEnabled } from '@berth/linux/security/selinux.ts';
import type { VolumeAttachment } from 'kubernetes-types/storage/v1.d.ts';
import type { Pod } from '../../api/pod.ts';
import type { ApiClient, ApiObject } from '../../apiserver/api-client.ts';
import { NodeServiceCapability_RPC_Type as Capability } from '../../generated/csi.ts';
import { createLogger } from '../../klog/klog.ts';
import type { VolumeMetrics } from '../../metrics/volume-metrics.ts';
import type { Node } from '../../node/status/node-object.ts';
import { Instant } from '../../stats/instant.ts';
import type { FsStats } from '../../stats/stats-api.ts';
import { setVolumeGroup } from '../ownership.ts';
import type { PreparedVolume } from '../plugin.ts';
import type { IssuedToken, ServerContents } from '../server-contents.ts';
import { VolumeWait } from '../volume-error.ts';
import { attachProblem, publishContext } from './attachments.ts';
import { appliesGroup, type CsiDriverObject, checkLifecycleMode, needsAttach } from './csi-driver-object.ts';
import { type CsiDrivers, type DriverCalls, isFinal } from './csi-drivers.ts';
import { globalMount, publishedDir, publishTarget, stagedDir } from './csi-paths.ts';
import { type DriverVolume, publishedOf, publishedVolumes, stagedVolumes } from './csi-remains.ts';
import {
  attachmentName,
  type CsiVolume,
  pluginOf,
  podAttributes,
  type SecretName,
  volumeInNodeStatus,
} from './csi-volume.ts';
import { StagedVolumes } from './staged-volumes.ts';
import { volumeCapability } from './volume-capability.ts';
import { removeVolumeDir, saveVolumeData } from './volume-data.ts';
import { statsOf } from './volume-stats.ts';

const log = createLogger('csi-volumes.ts');

/** How long a volume waits for others until it is looked at again, unless something happens before. */
const waitMs = 10_000;

/** The parameters of these volumes. */
export interface CsiVolumesPorts {
  roots: Parameters<typeof publishedDir>[0];
  nodeName: string;
  client: Pick<ApiClient, 'get'>;
  drivers: CsiDrivers;
  /** The CSIDriver object of a name. Rejects while they have not been read. */
  driverObject(name: string): Promise<CsiDriverObject | undefined>;
  /** The same at once; undefined while they have not been read. */
  knownDriverObjects(): ReadonlyMap<string, CsiDriverObject> | undefined;
  tokens: Pick<ServerContents, 'issuedToken'>;
  metrics: Pick<VolumeMetrics, 'operation'>;
  /** The node as it was observed last. */
  node(): Node | undefined;
  /** The volumes in use have changed: the node's status is to say so. */
  onInUse(): void;
}

/** The volumes of one node. */
export class CsiVolumes {
  readonly #ports: CsiVolumesPorts;
  readonly #staged: StagedVolumes;
  /** By their names in the node's status, volumes that a pod uses or that are staged. */
  readonly #inUse = new Map<string, DriverVolume>();
  #hasRead = false;
  /** By pod, the persistent volumes that it uses. */
  readonly #held = new Map<string, Map<string, DriverVolume>>();
  /** UIDs of pods whose volumes wait for the node's status. */
  readonly #waiting = new Set<string>();

  constructor(ports: CsiVolumesPorts) {
    this.#ports = ports;
    const { roots, drivers, metrics } = ports;
    this.#staged = new StagedVolumes({
      roots,
      drivers,
      metrics,
      onUnused: (volume) => {
        if (this.#inUse.delete(volumeInNodeStatus(volume))) ports.onInUse();
      },
    });
  }

  /** Reads what an earlier kubelet has left. */
  async start(): Promise<void> {
    const { roots } = this.#ports;
    const found = (await publishedVolumes(roots)).filter(({ isPersistent }) => isPersistent);
    for (const volume of [...found, ...(await stagedVolumes(roots))]) {
      this.#inUse.set(volumeInNodeStatus(volume), volume);
    }
    this.#hasRead = true;
  }

  stop(): void {
    this.#staged.stop();
  }

  /** A driver has come: what an earlier kubelet has left staged and nobody uses is unstaged. */
  driverCame(driver: string): void {
    this.#staged.sweep(driver).catch((error: unknown) => {
      log.error('Failed to look for staged volumes', { err: error, driver });
    });
  }

  /** The volumes in use that controllers attach; undefined while that is not known. */
  inUse(): string[] | undefined {
    const objects = this.#ports.knownDriverObjects();
    if (!this.#hasRead || !objects) return undefined;
    return [...this.#inUse]
      .filter(([, { driver }]) => needsAttach(objects.get(driver)))
      .map(([name]) => name)
      .sort();
  }

  /** The pods that wait for the node's status, once: they are to look again. */
  takeWaiting(): string[] {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    return waiting;
  }

  /**
   * Makes the volume for the pod.
   *
   * @param isRepeated whether the pod has it already, and the driver is to renew what is in it
   */
  async mount(pod: Pod, volume: CsiVolume, isRepeated: boolean): Promise<PreparedVolume> {
    const { drivers, metrics, driverObject } = this.#ports;
    const object = await driverObject(volume.driver);
    checkLifecycleMode(volume.driver, object, volume.mode);
    const isPersistent = volume.mode === 'Persistent';
    const isAttached = isPersistent && needsAttach(object);
    if (isPersistent) this.#hold(volume, pod.metadata.uid, isAttached);
    const context = isAttached ? await this.#attached(pod, volume) : {};
    tellSelinux(pod, object, volume);
    const path = await metrics.operation(pluginOf(volume.driver), 'volume_mount', () =>
      drivers.use(volume.driver, async (calls) => {
        const publish = (stagedAt: string | undefined): Promise<string> =>
          this.#publish(pod, volume, { calls, object, stagedAt, context, isRepeated });
        if (!isPersistent) return publish(undefined);
        return this.#staged.exclusively(volume, async () => {
          const stagedAt = await this.#stage(pod, volume, calls, context);
          return publish(stagedAt);
        });
      }),
    );
    return { from: 'node', path, isReadOnly: volume.isReadOnly, isRelabelled: selinuxEnabled() };
  }

  /** Whether the driver of a volume is to publish it again and again. */
  async isRepublished(driver: string): Promise<boolean> {
    return (await this.#ports.driverObject(driver))?.spec.requiresRepublish === true;
  }

  /** How full the volume is that is published at `path`; undefined when its driver cannot say. */
  async stats({ driver, handle }: DriverVolume, path: string): Promise<FsStats | undefined> {
    return await this.#ports.drivers.use(driver, async ({ node, can }) => {
      if (!(await can(Capability.GET_VOLUME_STATS))) return undefined;
      const { usage } = await node.nodeGetVolumeStats({ volumeId: handle, volumePath: path });
      return statsOf(usage, Instant.ofMs(Date.now()));
    });
  }

  /** Has the driver grow the file system at `path`. False: it cannot. */
  async expand(volume: CsiVolume, path: string, bytes: bigint): Promise<boolean> {
    const { drivers, metrics, roots } = this.#ports;
    const { driver, handle, fsType, mountOptions, accessModes } = volume;
    const secrets = await this.#secrets(volume.expandSecret, 'NodeExpandSecretRef');
    return await drivers.use(driver, async ({ node, can }) => {
      if (!(await can(Capability.EXPAND_VOLUME))) return false;
      const isStaged = await can(Capability.STAGE_UNSTAGE_VOLUME);
      const hasSingleNodeMultiWriter = await can(Capability.SINGLE_NODE_MULTI_WRITER);
      await metrics.operation(pluginOf(driver), 'volume_fs_resize', () =>
        node.nodeExpandVolume({
          volumeId: handle,
          volumePath: path,
          capacityRange: { requiredBytes: bytes },
          stagingTargetPath: isStaged ? globalMount(stagedDir(roots, volume)) : '',
          volumeCapability: volumeCapability({
            accessMode: accessModes?.[0],
            hasSingleNodeMultiWriter,
            use: { as: 'mount', fsType, mountOptions, group: undefined },
          }),
          secrets,
        }),
      );
      return true;
    });
  }

  /** Takes away all volumes of a pod, of which nothing runs any more. */
  async unmount(uid: string): Promise<void> {
    const { roots, drivers, metrics } = this.#ports;
    this.#waiting.delete(uid);
    for (const { directory, driver, handle, isPersistent } of await publishedOf(roots, uid)) {
      const target = publishTarget(directory);
      await metrics.operation(pluginOf(driver), 'volume_unmount', () =>
        drivers.use(driver, ({ node }) => node.nodeUnpublishVolume({ volumeId: handle, targetPath: target })),
      );
      if (removeVolumeDir(directory, target) === 'still mounted') {
        throw new Error(`the driver ${driver} has left ${target} mounted`);
      }
      if (isPersistent) this.#staged.release({ driver, handle }, uid);
    }
    // Those that were never published.
    for (const volume of this.#held.get(uid)?.values() ?? []) this.#staged.release(volume, uid);
    this.#held.delete(uid);
  }

  #hold(volume: CsiVolume, uid: string, isAttached: boolean): void {
    const name = volumeInNodeStatus(volume);
    const held = this.#held.get(uid) ?? new Map<string, DriverVolume>();
    this.#held.set(uid, held);
    held.set(name, volume);
    this.#staged.hold(volume, uid);
    if (this.#inUse.has(name)) return;
    this.#inUse.set(name, volume);
    if (isAttached) this.#ports.onInUse();
  }

  /** What the attacher says to the driver. Throws while the volume is not attached. */
  async #attached(pod: Pod, volume: CsiVolume): Promise<Record<string, string>> {
    const { client, node, nodeName } = this.#ports;
    const problem = attachProblem(node(), volumeInNodeStatus(volume));
    if (problem !== undefined) {
      this.#waiting.add(pod.metadata.uid);
      throw new VolumeWait(`${problem} for volume "${volume.specName}"`, waitMs);
    }
    const name = attachmentName(volume, nodeName);
    const attachments = { group: 'storage.k8s.io', version: 'v1', plural: 'volumeattachments' };
    return publishContext(await client.get<VolumeAttachment>(attachments, { name }), volume.handle);
  }

  #stage(
    pod: Pod,
    volume: CsiVolume,
    calls: DriverCalls,
    context: Record<string, string>,
  ): Promise<string | undefined> {
    const request = async () => ({
      volume,
      publishContext: context,
      secrets: await this.#secrets(volume.stageSecret, 'NodeStageSecretRef'),
      fsGroup: pod.spec.securityContext.fsGroup,
    });
    return this.#staged.stage(calls, request, volume);
  }

  async #publish(
    pod: Pod,
    volume: CsiVolume,
    {
      calls,
      object,
      stagedAt,
      context,
      isRepeated,
    }: {
      calls: DriverCalls;
      object: CsiDriverObject | undefined;
      stagedAt: string | undefined;
      context: Record<string, string>;
      isRepeated: boolean;
    },
  ): Promise<string> {
    const { roots, nodeName } = this.#ports;
    const { driver, handle, mode, fsType, mountOptions, accessModes, specName } = volume;
    const { fsGroup, fsGroupChangePolicy } = pod.spec.securityContext;
    const directory = publishedDir(roots, pod.metadata.uid, specName);
    const target = publishTarget(directory);
    const secrets = await this.#secrets(volume.publishSecret, 'NodePublishSecretRef');
    const tokens = await this.#tokens(pod, object);
    const inSecrets = object?.spec.serviceAccountTokenInSecrets === true;
    const [hasSingleNodeMultiWriter, driverAppliesGroup] = [
      await calls.can(Capability.SINGLE_NODE_MULTI_WRITER),
      await calls.can(Capability.VOLUME_MOUNT_GROUP),
    ];
    await saveVolumeData(directory, {
      specVolID: specName,
      volumeHandle: handle,
      driverName: driver,
      nodeName,
      attachmentID: attachmentName(volume, nodeName),
      volumeLifecycleMode: mode,
    });
    try {
      await calls.node.nodePublishVolume({
        volumeId: handle,
        publishContext: context,
        stagingTargetPath: stagedAt ?? '',
        targetPath: target,
        volumeCapability: volumeCapability({
          accessMode: accessModes?.[0],
          hasSingleNodeMultiWriter,
          use: { as: 'mount', fsType, mountOptions, group: driverAppliesGroup ? fsGroup : undefined },
        }),
        readonly: volume.isReadOnly,
        secrets: { ...secrets, ...(inSecrets && tokens) },
        volumeContext: {
          ...volume.attributes,
          ...(object?.spec.podInfoOnMount === true && podAttributes(pod, mode)),
          ...(!inSecrets && tokens),
        },
      });
    } catch (error) {
      // A pod that has the volume goes on with what it has.
      if (isFinal(error) && !isRepeated) removeVolumeDir(directory, target);
      throw error;
    }
    const facts = { fsGroup, isReadOnly: volume.isReadOnly, fsType, accessModes, mode };
    if (!driverAppliesGroup && appliesGroup(object, facts)) {
      await setVolumeGroup(target, fsGroup, 'read-write', fsGroupChangePolicy);
    }
    return target;
  }

  async #secrets(secret: SecretName | undefined, field: string): Promise<Record<string, string>> {
    if (!secret) return {};
    try {
      const found = await this.#ports.client.get<SecretObject>(
        { group: '', version: 'v1', plural: 'secrets' },
        secret,
      );
      const entries = Object.entries(found.data ?? {});
      return Object.fromEntries(
        entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
      );
    } catch (error) {
      const { namespace, name } = secret;
      throw new Error(`fetching ${field} ${namespace}/${name} failed: ${messageOf(error)}`, { cause: error });
    }
  }

  async #tokens(pod: Pod, object: CsiDriverObject | undefined): Promise<Record<string, string>> {
    const requests = object?.spec.tokenRequests ?? [];
    if (requests.length === 0) return {};
    const issued: Record<string, IssuedToken> = {};
    for (const { audience, expirationSeconds = 3600 } of requests) {
      issued[audience] = await this.#ports.tokens.issuedToken(pod, { audience, expirationSeconds });
    }
    return { 'csi.storage.k8s.io/serviceAccount.tokens': JSON.stringify(issued) };
  }
}

interface SecretObject extends ApiObject {
  data?: Record<string, string>;
}

/** A node without SELinux mounts without its label, which is told. */
function tellSelinux(pod: Pod, object: CsiDriverObject | undefined, { specName }: CsiVolume): void {
  if (object?.spec.seLinuxMount !== true || !pod.spec.securityContext.seLinuxOptions || selinuxEnabled())
    return;
  log.info('Ignoring the SELinux label of a volume: this node has no SELinux', {
    pod: `${pod.metadata.namespace}/${pod.metadata.name}`,
    volume: specName,
  });
}
