// The options that disks are mounted with. Pure.
import { contextOption } from '@berth/linux/security/selinux-context.ts';
import type { PersistentVolume } from 'kubernetes-types/core/v1.d.ts';

/** The annotation from before there was the field. */
const annotation = 'volume.beta.kubernetes.io/mount-options';

/** The mount options that a persistent volume names. */
export function persistentMountOptions({ metadata, spec }: PersistentVolume): readonly string[] {
  return metadata?.annotations?.[annotation]?.split(',') ?? spec?.mountOptions ?? [];
}

/** How a disk is mounted for all pods. */
export interface DiskOptions {
  /** Of a persistent volume. */
  mountOptions: readonly string[];
  isReadOnly: boolean;
  /** The SELinux label of its files; '' for none. */
  label: string;
}

/** The options of mount(8), in the order of the real kubelet. */
export function diskOptions({ mountOptions, isReadOnly, label }: DiskOptions): string[] {
  const own = [isReadOnly ? 'ro' : '', label === '' ? '' : contextOption(label)];
  return [...new Set([...mountOptions, ...own])].filter(Boolean).sort();
}
