// Whether a volume can be mounted for a pod with an SELinux label, beside what others have of it: all mounts of a file
// system have the same label. Pure.

/** A label that a pod asks for, and the one that is mounted for it: '' without a mount option. */
export interface MountLabel {
  asked: string;
  mounted: string;
}

/** A volume and its pods. */
export interface AdmissionFacts {
  wanted: MountLabel;
  /** Whether volumes of its kind can have a label by a mount option at all. */
  isSupported: boolean;
  /** Whether a label that others do not have is an error: it is for persistent volumes. */
  isStrict: boolean;
  /** What other pods use the volume with; undefined: no other does. */
  held: MountLabel | undefined;
  /** The label with which it is mounted now, and whether for this pod; undefined: it is not mounted. */
  found: { label: string; isOwn: boolean } | undefined;
}

/** What becomes of it. */
export type Admission =
  /** It is mounted with `label`. `isMismatched`: the pod has asked for another one. */
  | { is: 'admitted'; label: string; isMismatched: boolean }
  /** A pod uses it with another label. */
  | { is: 'conflicting' }
  /** It is still mounted with another label, and is to be unmounted first. */
  | { is: 'waiting' };

/** Decides. A pod keeps what it has: its containers may run. */
export function admission({ wanted, isSupported, isStrict, held, found }: AdmissionFacts): Admission {
  if (found?.isOwn) return { is: 'admitted', label: found.label, isMismatched: false };
  const isMismatched = isSupported && held !== undefined && held.asked !== wanted.asked;
  if (isMismatched && isStrict) return { is: 'conflicting' };
  // Others were admitted to what is mounted, which the kernel may write in another way.
  if (held) return { is: 'admitted', label: held.mounted, isMismatched };
  if (found && found.label !== wanted.mounted) return { is: 'waiting' };
  return { is: 'admitted', label: wanted.mounted, isMismatched };
}
