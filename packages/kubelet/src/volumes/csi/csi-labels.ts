// The SELinux labels of volumes of CSI drivers: which one a volume is mounted with, by what pods ask for and by what was
// noted of mounts on the disk, also by an earlier kubelet.
import { realpath } from 'node:fs/promises';
import { mounts } from '@berth/linux/mounts/mount.ts';
import type { Pod } from '../../api/pod.ts';
import { createLogger } from '../../klog/klog.ts';
import type { VolumeMetrics } from '../../metrics/volume-metrics.ts';
import type { NodeSelinux } from '../../node/node-selinux.ts';
import type { NodeVolume } from '../plugin.ts';
import type { AdmissionFacts } from '../selinux/admission.ts';
import { hasOwnLabels } from '../selinux/mount-table.ts';
import type { LabelRequest } from '../selinux/request-label.ts';
import { VolumeLabels } from '../selinux/volume-labels.ts';
import type { CsiDriverObject } from './csi-driver-object.ts';
import { stagedDir } from './csi-paths.ts';
import { publishedVolumes } from './csi-remains.ts';
import { type CsiVolume, volumeInNodeStatus, withLabel } from './csi-volume.ts';
import { loadVolumeData } from './volume-data.ts';

const log = createLogger('csi-labels.ts');

/** The parameters of the labels. */
export interface CsiLabelsPorts {
  roots: Parameters<typeof stagedDir>[0];
  metrics: Pick<VolumeMetrics, 'selinux'>;
  selinux: NodeSelinux;
}

/** A volume for a pod. */
export interface CsiLabelRequest {
  volume: CsiVolume;
  /** The object of its driver. */
  object: CsiDriverObject | undefined;
  request: LabelRequest;
}

/** The labels of one node. */
export class CsiLabels {
  readonly #ports: CsiLabelsPorts;
  readonly #labels: VolumeLabels;

  constructor(ports: CsiLabelsPorts) {
    this.#ports = ports;
    this.#labels = new VolumeLabels(ports.metrics.selinux);
  }

  /**
   * The persistent volume with the label to mount it with. Called while nothing else is done to it.
   *
   * @throws VolumeRefusal while the volume has another label
   */
  async admit(pod: Pod, { volume, object, request }: CsiLabelRequest): Promise<CsiVolume> {
    if (!this.#ports.selinux.isEnabled) {
      tellIgnored(pod, volume, object);
      return volume;
    }
    const { uid } = pod.metadata;
    const found = await this.#found(volume, uid);
    const name = volumeInNodeStatus(volume);
    const label = this.#labels.admit(
      uid,
      {
        id: name,
        name,
        specName: volume.specName,
        plugin: pluginOf(volume),
        isSupported: isSupported(object),
        request,
      },
      found,
    );
    return withLabel(volume, label);
  }

  /** Counts a volume that its pod describes itself. Such volumes are not mounted with a label. */
  countInline({ volume, object, request }: CsiLabelRequest): void {
    if (request.label === '' || !isSupported(object)) return;
    this.#ports.metrics.selinux.admitted(pluginOf(volume), request.accessMode);
  }

  /** What containers are given of a volume that is mounted at a path. */
  async prepared({ isReadOnly, label }: CsiVolume, path: string): Promise<NodeVolume> {
    const mayRelabel = this.#ports.selinux.isEnabled && !isReadOnly && label === '';
    // The mount table has paths without symbolic links.
    const isRelabelled = mayRelabel && hasOwnLabels(mounts(), await realpath(path));
    return { from: 'node', path, isReadOnly, isRelabelled };
  }

  /** The pod is ending: others may have its volumes with other labels as soon as they are unmounted. */
  forget(uid: string): void {
    this.#labels.forget(uid);
  }

  /** The volume is mounted no more. The pods that have waited for that, once. */
  unmounted(volume: Pick<CsiVolume, 'driver' | 'handle'>): string[] {
    return this.#labels.unmounted(volumeInNodeStatus(volume));
  }

  async #found({ driver, handle }: CsiVolume, uid: string): Promise<AdmissionFacts['found']> {
    const { roots } = this.#ports;
    const published = (await publishedVolumes(roots)).filter(
      (each) => each.driver === driver && each.handle === handle,
    );
    const own = published.find((each) => each.uid === uid);
    if (own) return { label: own.label, isOwn: true };
    const staged = await loadVolumeData(stagedDir(roots, { driver, handle }));
    const label = staged ? (staged.seLinuxMountContext ?? '') : published[0]?.label;
    return label === undefined ? undefined : { label, isOwn: false };
  }
}

function isSupported(object: CsiDriverObject | undefined): boolean {
  return object?.spec.seLinuxMount === true;
}

/** As the metrics of labels name it, which differs from those of operations. */
function pluginOf({ driver }: CsiVolume): string {
  return `kubernetes.io/csi/${driver}`;
}

/** A node without SELinux mounts without its label, which is told. */
function tellIgnored(pod: Pod, { specName }: CsiVolume, object: CsiDriverObject | undefined): void {
  if (!isSupported(object) || !pod.spec.securityContext.seLinuxOptions) return;
  log.info('Ignoring the SELinux label of a volume: this node has no SELinux', {
    pod: `${pod.metadata.namespace}/${pod.metadata.name}`,
    volume: specName,
  });
}
