// How a volume is to be used, as CSI says it. Pure.
import type { VolumeCapability, VolumeCapability_AccessMode_Mode } from '../../generated/csi.ts';

/** What a capability says. */
export interface VolumeUse {
  /** The first access mode of the volume. */
  accessMode: string | undefined;
  /** Whether the driver tells writers on one node apart. */
  hasSingleNodeMultiWriter: boolean;
  use:
    | { as: 'block' }
    /** `group`: given to drivers that apply it themselves. */
    | { as: 'mount'; fsType: string; mountOptions: readonly string[]; group: number | undefined };
}

const modes: Readonly<Record<string, VolumeCapability_AccessMode_Mode>> = {
  ReadWriteOnce: 1,
  ReadOnlyMany: 3,
  ReadWriteMany: 5,
  ReadWriteOncePod: 1,
};

/** Where a driver tells writers apart. */
const exactModes: Readonly<Record<string, VolumeCapability_AccessMode_Mode>> = {
  ...modes,
  ReadWriteOnce: 7,
  ReadWriteOncePod: 6,
};

/** The capability of requests. */
export function volumeCapability({
  accessMode = 'ReadWriteOnce',
  hasSingleNodeMultiWriter,
  use,
}: VolumeUse): VolumeCapability {
  const mode = (hasSingleNodeMultiWriter ? exactModes : modes)[accessMode] ?? 0;
  if (use.as === 'block') return { block: {}, accessMode: { mode } };
  const { fsType, mountOptions, group } = use;
  return {
    mount: {
      fsType,
      mountFlags: [...mountOptions],
      volumeMountGroup: group === undefined ? '' : String(group),
    },
    accessMode: { mode },
  };
}
