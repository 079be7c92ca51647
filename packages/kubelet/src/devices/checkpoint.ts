// The checkpoint of allocations in the real kubelet's format, so that each kubelet can take over from the other. Pure.
import { isObject } from '@berth/common/json/is-object.ts';
import { ContainerAllocateResponse } from '../generated/device-plugin.ts';
import type { Allocation, AllocationKey } from './allocations.ts';

/** What survives a restart. */
export interface Checkpoint {
  allocations: readonly (AllocationKey & { allocation: Allocation })[];
  /** The healthy devices of each resource that a plugin has registered. */
  registered: ReadonlyMap<string, readonly string[]>;
}

interface Entry {
  PodUID: string;
  ContainerName: string;
  ResourceName: string;
  DeviceIDs: Readonly<Record<string, readonly string[]>>;
  /** The protobuf message in base64. */
  AllocResp: string;
}

interface Data {
  PodDeviceEntries: readonly Entry[] | null;
  RegisteredDevices: Readonly<Record<string, readonly string[] | null>>;
}

/** The text of a checkpoint. */
export function checkpointText({ allocations, registered }: Checkpoint): string {
  const data: Data = {
    PodDeviceEntries: allocations.map(({ pod, container, resource, allocation }) => ({
      PodUID: pod,
      ContainerName: container,
      ResourceName: resource,
      DeviceIDs: allocation.deviceIds,
      AllocResp: Buffer.from(ContainerAllocateResponse.encode(allocation.response).finish()).toString(
        'base64',
      ),
    })),
    RegisteredDevices: Object.fromEntries(registered),
  };
  return JSON.stringify({ Data: data, Checksum: checksum(data) });
}

/** A checkpoint from its text. Throws when it is damaged. */
export function parseCheckpoint(text: string): Checkpoint {
  const value: unknown = JSON.parse(text);
  if (!isObject(value) || !isData(value.Data)) throw new Error('the file is not a checkpoint of devices');
  if (value.Checksum !== checksum(value.Data)) throw new Error('checkpoint is corrupted');
  const { PodDeviceEntries, RegisteredDevices } = value.Data;
  return {
    allocations: (PodDeviceEntries ?? []).map((entry) => ({
      pod: entry.PodUID,
      container: entry.ContainerName,
      resource: entry.ResourceName,
      allocation: {
        deviceIds: entry.DeviceIDs,
        response: ContainerAllocateResponse.decode(Buffer.from(entry.AllocResp, 'base64')),
      },
    })),
    registered: new Map(Object.entries(RegisteredDevices).map(([name, ids]) => [name, ids ?? []])),
  };
}

function isData(value: unknown): value is Data {
  return (
    isObject(value) &&
    (value.PodDeviceEntries === null ||
      (Array.isArray(value.PodDeviceEntries) && value.PodDeviceEntries.every(isEntry))) &&
    isObject(value.RegisteredDevices) &&
    Object.values(value.RegisteredDevices).every((ids) => ids === null || isTexts(ids))
  );
}

function isEntry(value: unknown): value is Entry {
  return (
    isObject(value) &&
    isTexts([value.PodUID, value.ContainerName, value.ResourceName, value.AllocResp]) &&
    isObject(value.DeviceIDs) &&
    Object.entries(value.DeviceIDs).every(([node, ids]) => /^-?\d+$/.test(node) && isTexts(ids))
  );
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** FNV-1a with 32 bits of the data as Go's spew prints it with `%#v`. */
function checksum(data: Data): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(dump(data))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

function dump({ PodDeviceEntries, RegisteredDevices }: Data): string {
  const entries = PodDeviceEntries === null ? '<nil>' : `[${PodDeviceEntries.map(dumpEntry).join(' ')}]`;
  const registered = Object.keys(RegisteredDevices)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map((name) => `${name}:${dumpList(RegisteredDevices[name])}`);
  return `(checkpoint.checkpointData){PodDeviceEntries:([]checkpoint.PodDevicesEntry)${entries} RegisteredDevices:(map[string][]string)map[${registered.join(' ')}]}`;
}

function dumpEntry({ PodUID, ContainerName, ResourceName, DeviceIDs, AllocResp }: Entry): string {
  const nodes = Object.keys(DeviceIDs)
    .sort((a, b) => Number(BigInt(a) - BigInt(b)))
    .map((node) => `${node}:${dumpList(DeviceIDs[node])}`);
  const bytes = [...Buffer.from(AllocResp, 'base64')].join(' ');
  return `{PodUID:(string)${PodUID} ContainerName:(string)${ContainerName} ResourceName:(string)${ResourceName} DeviceIDs:(checkpoint.DevicesPerNUMA)map[${nodes.join(' ')}] AllocResp:([]uint8)[${bytes}]}`;
}

function dumpList(list: readonly string[] | null | undefined): string {
  return list ? `[${list.join(' ')}]` : '<nil>';
}
