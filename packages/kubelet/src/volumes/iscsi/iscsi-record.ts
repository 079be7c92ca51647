// iscsi.json: what the real kubelet, too, notes of a volume in the folder where it mounts it, so that it can be detached
// without a pod. The mount hides the file.
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { replaceFile } from '@berth/common/files/replace-file.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import type { IscsiDisk } from './iscsi-disk.ts';

const fileName = 'iscsi.json';
const maxBytes = 64 * 1024;

/** Notes it in the volume's folder. */
export async function saveIscsiRecord(folder: string, disk: IscsiDisk): Promise<void> {
  await replaceFile(join(folder, fileName), iscsiRecord(disk), { mode: 0o600 });
}

/** What was noted; undefined when there is no such file, or a power failure has left it without its content. */
export async function loadIscsiRecord(folder: string): Promise<IscsiDisk | undefined> {
  try {
    const content = await readRegularFile(join(folder, fileName), { maxBytes });
    return diskOfRecord(content.toString());
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** The file's content. Pure. */
export function iscsiRecord(disk: IscsiDisk): string {
  const { volName, portals, iqn, lun, initIface, iface, initiatorName } = disk;
  const record = {
    VolName: volName,
    Portals: portals,
    Iqn: iqn,
    Lun: String(lun),
    InitIface: initIface,
    Iface: iface,
    InitiatorName: initiatorName,
    MetricsProvider: null,
  };
  return `${JSON.stringify(record)}\n`;
}

/** What a file says; undefined when it is not whole. Pure. */
export function diskOfRecord(text: string): IscsiDisk | undefined {
  const record = parsed(text);
  if (!isObject(record)) return undefined;
  const { VolName, Portals, Iqn, Lun, InitIface, Iface, InitiatorName } = record;
  const [portal, ...others] = (Array.isArray(Portals) ? Portals : []).filter(isText);
  if (portal === undefined || !isText(Iqn) || !isText(Lun) || !isText(Iface)) return undefined;
  return {
    volName: isText(VolName) ? VolName : '',
    portals: [portal, ...others],
    iqn: Iqn,
    lun: Number(Lun),
    initIface: isText(InitIface) ? InitIface : Iface,
    iface: Iface,
    initiatorName: isText(InitiatorName) ? InitiatorName : '',
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
