// What the CSIDriver objects of the API say of drivers. Pure.
import type { CSIDriverSpec } from 'kubernetes-types/storage/v1.d.ts';

/** A CSIDriver object, with the fields that came after 1.30. */
export interface CsiDriverObject {
  apiVersion?: string;
  kind?: string;
  metadata?: { name?: string; resourceVersion?: string; uid?: string };
  spec: CSIDriverSpec & {
    serviceAccountTokenInSecrets?: boolean;
    nodeAllocatableUpdatePeriodSeconds?: number;
  };
}

/** How long a volume lives: as long as its pod, or by itself. */
export type LifecycleMode = 'Ephemeral' | 'Persistent';

/** Throws when the driver is not for such volumes. Without an object, a driver is for persistent ones only. */
export function checkLifecycleMode(
  name: string,
  driver: CsiDriverObject | undefined,
  mode: LifecycleMode,
): void {
  const problem = `kubernetes.io/csi: mounter.SetupAt failed to check volume lifecycle mode: volume mode "${mode}" not supported by driver ${name}`;
  if (!driver) {
    if (mode === 'Persistent') return;
    throw new Error(`${problem} (no CSIDriver object)`);
  }
  const modes = driver.spec.volumeLifecycleModes ?? ['Persistent'];
  if (modes.includes(mode)) return;
  throw new Error(`${problem} (only supports [${modes.map((each) => `"${each}"`).join(' ')}])`);
}

/** Whether volumes of the driver have to be attached before they are used. */
export function needsAttach(driver: CsiDriverObject | undefined): boolean {
  return driver?.spec.attachRequired !== false;
}

/** What decides whether the kubelet gives a volume to the pod's group. */
export interface GroupFacts {
  fsGroup: number | undefined;
  isReadOnly: boolean;
  fsType: string;
  /** Undefined for a volume that lives as long as its pod. */
  accessModes: readonly string[] | undefined;
  mode: LifecycleMode;
}

/** Whether the kubelet gives the volume to the group. */
export function appliesGroup(driver: CsiDriverObject | undefined, facts: GroupFacts): boolean {
  const policy = driver?.spec.fsGroupPolicy ?? 'ReadWriteOnceWithFSType';
  if (facts.fsGroup === undefined || policy === 'None' || facts.isReadOnly) return false;
  if (policy === 'File') return true;
  if (facts.fsType === '') return false;
  if (facts.mode === 'Ephemeral') return true;
  return facts.accessModes?.some((each) => each === 'ReadWriteOnce' || each === 'ReadWriteOncePod') ?? false;
}
