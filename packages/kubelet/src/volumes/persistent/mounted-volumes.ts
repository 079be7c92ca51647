// What pods have of volumes that outlive them or are their CSI drivers': how full those are, by what their drivers or file
// systems say. They are measured in the background, once in a minute at most.
import { createLogger } from '../../klog/klog.ts';
import type { FsStats, VolumeStats } from '../../stats/stats-api.ts';

const log = createLogger('mounted-volumes.ts');

const intervalMs = 60_000;

/** Names a claim. */
export interface ClaimName {
  name: string;
  namespace: string;
}

/** A volume of a pod. */
export interface MountedVolume {
  /** The pod's UID, and the name of its volume. */
  uid: string;
  name: string;
  claim: ClaimName | undefined;
  /** Undefined: nobody can say. */
  measure(): Promise<FsStats | undefined>;
}

interface Entry {
  volume: MountedVolume;
  stats: FsStats | undefined;
  measuredAt: number;
  isMeasuring: boolean;
}

/** The volumes that are mounted. */
export class MountedVolumes {
  /** By UID and name. */
  readonly #entries = new Map<string, Map<string, Entry>>();

  /** A pod has a volume. */
  add(volume: MountedVolume): void {
    const entries = this.#entries.get(volume.uid) ?? new Map<string, Entry>();
    this.#entries.set(volume.uid, entries);
    if (entries.has(volume.name)) return;
    const entry: Entry = {
      volume,
      stats: undefined,
      measuredAt: Number.NEGATIVE_INFINITY,
      isMeasuring: false,
    };
    entries.set(volume.name, entry);
    void refresh(entry);
  }

  /** Nothing of the pod is mounted any more. */
  forget(uid: string): void {
    this.#entries.delete(uid);
  }

  /** What is known of the volumes of a pod. */
  of(uid: string): VolumeStats[] {
    return [...(this.#entries.get(uid)?.values() ?? [])].flatMap(known);
  }

  /** What is known of claims; each once. */
  claims(): { claim: ClaimName; stats: FsStats }[] {
    const found = new Map<string, { claim: ClaimName; stats: FsStats }>();
    for (const uid of this.#entries.keys()) {
      for (const { pvcRef, ...stats } of this.of(uid)) {
        if (pvcRef) found.set(`${pvcRef.namespace}/${pvcRef.name}`, { claim: pvcRef, stats });
      }
    }
    return [...found.values()];
  }
}

function known(entry: Entry): VolumeStats[] {
  void refresh(entry);
  const { stats, volume } = entry;
  return stats ? [{ ...stats, name: volume.name, ...(volume.claim && { pvcRef: volume.claim }) }] : [];
}

/** Measures it unless that was done a short while ago. Never rejects. */
async function refresh(entry: Entry): Promise<void> {
  if (entry.isMeasuring || performance.now() - entry.measuredAt < intervalMs) return;
  entry.isMeasuring = true;
  try {
    entry.stats = await entry.volume.measure();
  } catch (error) {
    entry.stats = undefined;
    log.warn('Failed to measure a volume', {
      err: error,
      volume: entry.volume.name,
      podUID: entry.volume.uid,
    });
  } finally {
    entry.measuredAt = performance.now();
    entry.isMeasuring = false;
  }
}
