// Has a driver publish a block device for a pod, and take it back, in the order of pkg/volume/csi/csi_block.go.
import { existsSync, mkdirSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import type { Pod } from '../../api/pod.ts';
import { NodeServiceCapability_RPC_Type as Capability } from '../../generated/csi.ts';
import { devicePath, linkDevice, linkedDevice, unlinkDevice, unmapDevice } from '../block/map-device.ts';
import { type DriverCalls, isFinal } from './csi-drivers.ts';
import {
  deviceDataDir,
  deviceDir,
  devicePlace,
  publishedDevice,
  publishedDevices,
  stagedDevice,
} from './csi-paths.ts';
import { attachmentName, type CsiVolume, podAttributes } from './csi-volume.ts';
import type { MappedDevice } from './device-remains.ts';
import type { PublishPorts, PublishState } from './publish-mount.ts';
import { readSecret } from './secrets.ts';
import { volumeCapability } from './volume-capability.ts';
import { saveVolumeData } from './volume-data.ts';

/** Notes what a device is undone by, before its driver is called at all. */
export async function noteDevice(
  { roots, nodeName }: Pick<PublishPorts, 'roots' | 'nodeName'>,
  volume: CsiVolume,
): Promise<void> {
  const { specName, handle, driver } = volume;
  await saveVolumeData(deviceDataDir(deviceDir(roots, specName)), {
    specVolID: specName,
    volumeHandle: handle,
    driverName: driver,
    nodeName,
    attachmentID: attachmentName(volume, nodeName),
  });
}

/** Publishes it, and returns where. */
export async function publishDevice(
  { roots, client }: Pick<PublishPorts, 'roots' | 'client'>,
  pod: Pod,
  volume: CsiVolume,
  { calls, object, context }: Omit<PublishState, 'stagedAt' | 'isRepeated'>,
): Promise<string> {
  const { specName, handle, mode, accessModes, attributes, isReadOnly } = volume;
  const { uid } = pod.metadata;
  const target = publishedDevice(roots, specName, uid);
  const secrets = await readSecret(client, volume.publishSecret, 'NodePublishSecretRef');
  const hasSingleNodeMultiWriter = await calls.can(Capability.SINGLE_NODE_MULTI_WRITER);
  mkdirSync(publishedDevices(roots, specName), { recursive: true, mode: 0o750 });
  // By the link the end of the pod finds the device, also when the driver has not made it yet.
  const place = devicePlace(roots, specName, uid);
  if (linkedDevice(place.link) === undefined) linkDevice(place, target);
  try {
    await calls.node.nodePublishVolume({
      volumeId: handle,
      publishContext: context,
      // The real kubelet names it to drivers that stage nothing, too.
      stagingTargetPath: stagedDevice(roots, specName),
      targetPath: target,
      volumeCapability: volumeCapability({
        accessMode: accessModes?.[0],
        hasSingleNodeMultiWriter,
        use: { as: 'block' },
      }),
      readonly: isReadOnly,
      secrets,
      volumeContext: {
        ...attributes,
        ...(object?.spec.podInfoOnMount === true && podAttributes(pod, mode)),
      },
    });
  } catch (error) {
    // A pod that has the device goes on with what it has.
    if (isFinal(error) && !existsSync(devicePath(place))) unlinkDevice(place);
    throw error;
  }
  return target;
}

/** Takes the device from its pod, and has the driver unpublish it. The link goes last: by it the rest is found. */
export async function unpublishDevice(
  { roots }: Pick<PublishPorts, 'roots'>,
  { node }: Pick<DriverCalls, 'node'>,
  { driver, handle, specName, uid }: MappedDevice,
): Promise<void> {
  const place = devicePlace(roots, specName, uid);
  const target = publishedDevice(roots, specName, uid);
  unmapDevice(place);
  await node.nodeUnpublishVolume({ volumeId: handle, targetPath: target });
  try {
    await removeTree(target);
  } catch (error) {
    if (!hasCode(error, 'EBUSY')) throw error;
    throw new Error(`the driver ${driver} has left ${target} mounted`, { cause: error });
  }
  unlinkDevice(place);
}
