// With which SELinux labels pods use the volumes that several of them can share, and which pods wait for another label.
import { goQuoted } from '@berth/common/go-quote.ts';
import type { SelinuxMetrics } from '../../metrics/selinux-metrics.ts';
import { VolumeRefusal } from '../volume-error.ts';
import { type AdmissionFacts, admission, type MountLabel } from './admission.ts';
import { inline } from './asked-label.ts';
import type { LabelRequest } from './request-label.ts';

/** A volume that a pod is to have. */
export interface LabelledVolume {
  /** What no other volume has. */
  id: string;
  /** The real kubelet's name for it, e.g. `kubernetes.io/csi/DRIVER^HANDLE`. */
  name: string;
  /** The name of the persistent volume, or of the pod's. */
  specName: string;
  /** In metrics, e.g. `kubernetes.io/csi/DRIVER`. */
  plugin: string;
  /** Whether the plugin can mount it with a label. */
  isSupported: boolean;
  request: LabelRequest;
}

/** The labels of one kind of volumes. */
export class VolumeLabels {
  readonly #metrics: SelinuxMetrics;
  /** By id of the volume; in each at least one pod. */
  readonly #entries = new Map<string, MountLabel & { pods: Set<string> }>();
  /** By id of the volume, the pods that wait until it is unmounted. */
  readonly #waiting = new Map<string, Set<string>>();

  constructor(metrics: SelinuxMetrics) {
    this.#metrics = metrics;
  }

  /**
   * Admits the pod to the volume. Called while nothing else is done to it.
   *
   * @param found as the volume is mounted now
   * @returns the label to mount it with; '' for none
   * @throws VolumeRefusal when other pods have it with another label
   */
  admit(uid: string, volume: LabelledVolume, found: AdmissionFacts['found']): string {
    const { id, name, specName, plugin, isSupported, request } = volume;
    const { accessMode } = request;
    const asked = isSupported ? request.label : '';
    const isStrict = accessMode !== inline;
    const wanted = { asked, mounted: isStrict ? asked : '' };
    const entry = this.#entries.get(id);
    const held = entry && [...entry.pods].some((each) => each !== uid) ? entry : undefined;
    const result = admission({ wanted, isSupported, isStrict, held, found });
    if (result.is === 'conflicting') {
      this.#metrics.volumeMismatch(true, plugin, accessMode);
      this.#wait(uid, id);
      const labels = `${goQuoted(held?.asked ?? '')} and ${goQuoted(asked)}`;
      const problem = `conflicting SELinux labels of volume ${specName}: ${labels}`;
      throw new VolumeRefusal(problem, { isProcessed: false });
    }
    if (result.is === 'waiting') {
      this.#wait(uid, id);
      const why = 'because it is already mounted to a different pod with a different SELinux label';
      const problem = `waiting for unmount of volume ${goQuoted(name)}, ${why}`;
      throw new VolumeRefusal(problem, { isProcessed: true });
    }
    if (result.isMismatched) this.#metrics.volumeMismatch(false, plugin, accessMode);
    const { label } = result;
    remove(this.#waiting, id, uid);
    if (entry) entry.pods.add(uid);
    else {
      // What an earlier kubelet has mounted for the pod counts, where it differs.
      const use = { asked: label || asked, mounted: label };
      this.#entries.set(id, { ...use, pods: new Set([uid]) });
      if (use.asked !== '') this.#metrics.admitted(plugin, accessMode);
    }
    return label;
  }

  /** The pod is ending: others may have its volumes with other labels as soon as they are unmounted. */
  forget(uid: string): void {
    for (const id of [...this.#entries.keys()]) this.#leave(uid, id);
    for (const id of [...this.#waiting.keys()]) remove(this.#waiting, id, uid);
  }

  /** The volume is mounted no more. The pods that have waited for that, once. */
  unmounted(id: string): string[] {
    const waiting = [...(this.#waiting.get(id) ?? [])];
    this.#waiting.delete(id);
    return waiting;
  }

  #leave(uid: string, id: string): void {
    const entry = this.#entries.get(id);
    entry?.pods.delete(uid);
    if (entry?.pods.size === 0) this.#entries.delete(id);
  }

  /** Others may have the volume before the pod. */
  #wait(uid: string, id: string): void {
    this.#leave(uid, id);
    const waiting = this.#waiting.get(id) ?? new Set<string>();
    this.#waiting.set(id, waiting.add(uid));
  }
}

function remove(from: Map<string, Set<string>>, id: string, uid: string): void {
  const pods = from.get(id);
  pods?.delete(uid);
  if (pods?.size === 0) from.delete(id);
}
