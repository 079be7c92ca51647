// The checkpoint of claims in the real kubelet's format, so that each kubelet can take over from the other. Pure.
import { crc32 } from 'node:zlib';
import { isObject } from '@berth/common/json/is-object.ts';
import type { ClaimInfo, PreparedDevice } from './claim-info.ts';

const kind = 'DRACheckpoint';
const apiVersion = 'checkpoint.dra.kubelet.k8s.io/v1';

interface DeviceEntry {
  PoolName: string;
  DeviceName: string;
  ShareID: string | null;
  RequestNames: readonly string[] | null;
  CDIDeviceIDs: readonly string[] | null;
}

interface ClaimEntry {
  ClaimUID: string;
  ClaimName: string;
  Namespace: string;
  /** A set: its values are empty objects. */
  PodUIDs: Readonly<Record<string, object>>;
  DriverState: Readonly<Record<string, { Devices: readonly DeviceEntry[] | null }>>;
}

/** The text of a checkpoint. */
export function checkpointText(claims: Iterable<ClaimInfo>): string {
  const Data = JSON.stringify({ kind, apiVersion, ClaimInfoStateList: [...claims].map(entryOf) });
  return JSON.stringify({ Data, Checksum: crc32(Data) });
}

/** The claims of a checkpoint, none of which this kubelet has had prepared. Throws when the text is damaged. */
export function parseCheckpoint(text: string): ClaimInfo[] {
  const value: unknown = JSON.parse(text);
  if (!isObject(value) || typeof value.Data !== 'string') {
    throw new Error('the file is not a checkpoint of resource claims');
  }
  if (value.Checksum !== crc32(value.Data)) throw new Error('checkpoint is corrupted');
  const data: unknown = JSON.parse(value.Data);
  const list: unknown = isObject(data) ? (data.ClaimInfoStateList ?? []) : undefined;
  if (!Array.isArray(list) || !list.every(isClaim)) throw new Error('checkpoint is corrupted');
  return list.map(claimOf);
}

function entryOf({ uid, name, namespace, podUids, drivers }: ClaimInfo): ClaimEntry {
  return {
    ClaimUID: uid,
    ClaimName: name,
    Namespace: namespace,
    PodUIDs: Object.fromEntries([...podUids].sort().map((pod) => [pod, {}])),
    DriverState: Object.fromEntries(
      [...drivers].map(([driver, devices]) => [
        driver,
        { Devices: devices.length === 0 ? null : devices.map(deviceEntry) },
      ]),
    ),
  };
}

function deviceEntry(device: PreparedDevice): DeviceEntry {
  return {
    PoolName: device.poolName,
    DeviceName: device.deviceName,
    ShareID: device.shareId ?? null,
    RequestNames: device.requestNames,
    CDIDeviceIDs: device.cdiDeviceIds,
  };
}

function claimOf({ ClaimUID, ClaimName, Namespace, PodUIDs, DriverState }: ClaimEntry): ClaimInfo {
  return {
    uid: ClaimUID,
    name: ClaimName,
    namespace: Namespace,
    podUids: new Set(Object.keys(PodUIDs)),
    drivers: new Map(
      Object.entries(DriverState).map(([driver, { Devices }]) => [driver, (Devices ?? []).map(deviceOf)]),
    ),
    isPrepared: false,
    isUnpreparing: false,
  };
}

function deviceOf({
  PoolName,
  DeviceName,
  ShareID,
  RequestNames,
  CDIDeviceIDs,
}: DeviceEntry): PreparedDevice {
  return {
    poolName: PoolName,
    deviceName: DeviceName,
    shareId: ShareID ?? undefined,
    requestNames: RequestNames ?? [],
    cdiDeviceIds: CDIDeviceIDs ?? [],
  };
}

function isClaim(value: unknown): value is ClaimEntry {
  return (
    isObject(value) &&
    isTexts([value.ClaimUID, value.ClaimName, value.Namespace]) &&
    isObject(value.PodUIDs) &&
    isObject(value.DriverState) &&
    Object.values(value.DriverState).every(isDriverState)
  );
}

function isDriverState(value: unknown): boolean {
  if (!isObject(value)) return false;
  return value.Devices === null || (Array.isArray(value.Devices) && value.Devices.every(isDevice));
}

function isDevice(value: unknown): boolean {
  return (
    isObject(value) &&
    isTexts([value.PoolName, value.DeviceName, value.ShareID ?? '']) &&
    isTexts(value.RequestNames ?? []) &&
    isTexts(value.CDIDeviceIDs ?? [])
  );
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
