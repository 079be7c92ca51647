// A LUN of an iSCSI target as a volume names it, and the names that come of it. Pure.
import type { ISCSIVolumeSource } from 'kubernetes-types/core/v1.d.ts';
import { isPathPart } from '../../paths/pod-paths.ts';

/** What pods and persistent volumes both say of a LUN. */
export type IscsiSource = Omit<ISCSIVolumeSource, 'secretRef'>;

/** A LUN, and through which portals and as whom the node connects to it. */
export interface IscsiDisk {
  /** The name of the pod's volume, or of the persistent volume. */
  volName: string;
  /** Addresses of the target with ports; the first one names the volume's folder. */
  portals: readonly [string, ...string[]];
  iqn: string;
  lun: number;
  /** The interface of the node that the volume names. */
  initIface: string;
  /** The interface of the sessions: one of the volume's own when it names an initiator. */
  iface: string;
  /** '' for the node's own name. */
  initiatorName: string;
}

const defaultPort = 3260;

/** The LUN of a volume. Throws when a name cannot be part of a path. */
export function iscsiDisk(volName: string, source: IscsiSource): IscsiDisk {
  const { targetPortal, portals = [], iqn, lun, iscsiInterface, initiatorName = '' } = source;
  const first = portalAddress(targetPortal);
  const others = portals.map(portalAddress).filter((each) => each !== first);
  const initIface = iscsiInterface || 'default';
  const iface = initiatorName === '' ? initIface : `${first}:${volName}`;
  for (const part of [first, iqn, iface]) {
    if (!isPathPart(part)) throw new Error(`${JSON.stringify(part)} cannot be part of the name of a file`);
  }
  return { volName, portals: [first, ...new Set(others)], iqn, lun, initIface, iface, initiatorName };
}

/** A portal with its port. */
export function portalAddress(portal: string): string {
  return portal.includes(':') && !portal.endsWith(']') ? portal : `${portal}:${defaultPort}`;
}

/** The name of the volume's folder. */
export function diskName({ portals: [portal], iqn, lun }: IscsiDisk): string {
  return `${portal}-${iqn}-lun-${lun}`;
}

/** The name that udev gives to the disk which a portal of the volume leads to. */
export function persistentDeviceName(portal: string, { iqn, lun }: IscsiDisk): string {
  return `/dev/disk/by-path/ip-${portal.replaceAll(/[[\]]/g, '')}-iscsi-${iqn}-lun-${lun}`;
}

/** Folder of an interface's volumes. */
export function ifaceFolder(iface: string): string {
  return `iface-${iface}`;
}

/** Whether the volume has an interface of its own, which goes with it. */
export function hasOwnIface({ initiatorName, iface, portals, volName }: IscsiDisk): boolean {
  return initiatorName !== '' && iface === `${portals[0]}:${volName}`;
}

/** What the folder's own name and its parent's say of a volume; undefined when they are of none. */
export function diskOfFolder(ifaceName: string, name: string): IscsiDisk | undefined {
  const [, iface] = /^iface-(.+)$/.exec(ifaceName) ?? [];
  const [, portal, iqn, lun] = /^(.+?)-((?:iqn|eui|naa)\..+)-lun-(\d+)$/.exec(name) ?? [];
  if (iface === undefined || portal === undefined || iqn === undefined) return undefined;
  return {
    volName: '',
    portals: [portal],
    iqn,
    lun: Number(lun),
    initIface: iface,
    iface,
    initiatorName: '',
  };
}

/** Whether one of the folders with these names belongs to a volume that shares the session through `portal`. */
export function sharesSession(names: readonly string[], portal: string, iqn: string): boolean {
  const prefix = `${portal}-${iqn}-lun-`;
  return names.some((name) => name.startsWith(prefix));
}
