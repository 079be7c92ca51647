// Has a driver mount a volume for a pod.
import type { Pod } from '../../api/pod.ts';
import type { ApiClient } from '../../apiserver/api-client.ts';
import { NodeServiceCapability_RPC_Type as Capability } from '../../generated/csi.ts';
import { setVolumeGroup } from '../ownership.ts';
import type { IssuedToken, ServerContents } from '../server-contents.ts';
import { appliesGroup, type CsiDriverObject } from './csi-driver-object.ts';
import { type DriverCalls, isFinal } from './csi-drivers.ts';
import { publishedDir, publishTarget } from './csi-paths.ts';
import { attachmentName, type CsiVolume, podAttributes } from './csi-volume.ts';
import { readSecret } from './secrets.ts';
import { volumeCapability } from './volume-capability.ts';
import { removeVolumeDir, saveVolumeData } from './volume-data.ts';

/** What publishing a volume needs of its node. */
export interface PublishPorts {
  roots: Parameters<typeof publishedDir>[0];
  nodeName: string;
  client: Pick<ApiClient, 'get'>;
  tokens: Pick<ServerContents, 'issuedToken'>;
}

/** A volume as far as it was made before it is published. */
export interface PublishState {
  calls: DriverCalls;
  object: CsiDriverObject | undefined;
  /** Where it is staged; undefined: the driver stages nothing. */
  stagedAt: string | undefined;
  /** What the attacher says to the driver. */
  context: Record<string, string>;
  /** Whether the pod has it already, and the driver is to renew what is in it. */
  isRepeated: boolean;
}

/** Publishes it, and returns where. */
export async function publishMount(
  { roots, nodeName, client, tokens }: PublishPorts,
  pod: Pod,
  volume: CsiVolume,
  { calls, object, stagedAt, context, isRepeated }: PublishState,
): Promise<string> {
  const { driver, handle, mode, fsType, mountOptions, label, accessModes, specName } = volume;
  const { fsGroup, fsGroupChangePolicy } = pod.spec.securityContext;
  const directory = publishedDir(roots, pod.metadata.uid, specName);
  const target = publishTarget(directory);
  const secrets = await readSecret(client, volume.publishSecret, 'NodePublishSecretRef');
  const issued = await issueTokens(tokens, pod, object);
  const inSecrets = object?.spec.serviceAccountTokenInSecrets === true;
  const [hasSingleNodeMultiWriter, driverAppliesGroup] = [
    await calls.can(Capability.SINGLE_NODE_MULTI_WRITER),
    await calls.can(Capability.VOLUME_MOUNT_GROUP),
  ];
  await saveVolumeData(directory, {
    specVolID: specName,
    volumeHandle: handle,
    driverName: driver,
    nodeName,
    attachmentID: attachmentName(volume, nodeName),
    volumeLifecycleMode: mode,
    ...(label !== '' && { seLinuxMountContext: label }),
  });
  try {
    await calls.node.nodePublishVolume({
      volumeId: handle,
      publishContext: context,
      stagingTargetPath: stagedAt ?? '',
      targetPath: target,
      volumeCapability: volumeCapability({
        accessMode: accessModes?.[0],
        hasSingleNodeMultiWriter,
        use: { as: 'mount', fsType, mountOptions, group: driverAppliesGroup ? fsGroup : undefined },
      }),
      readonly: volume.isReadOnly,
      secrets: { ...secrets, ...(inSecrets && issued) },
      volumeContext: {
        ...volume.attributes,
        ...(object?.spec.podInfoOnMount === true && podAttributes(pod, mode)),
        ...(!inSecrets && issued),
      },
    });
  } catch (error) {
    // A pod that has the volume goes on with what it has.
    if (isFinal(error) && !isRepeated) removeVolumeDir(directory, target);
    throw error;
  }
  const facts = { fsGroup, isReadOnly: volume.isReadOnly, fsType, accessModes, mode };
  if (!driverAppliesGroup && appliesGroup(object, facts)) {
    await setVolumeGroup(target, fsGroup, 'read-write', fsGroupChangePolicy);
  }
  return target;
}

async function issueTokens(
  tokens: PublishPorts['tokens'],
  pod: Pod,
  object: CsiDriverObject | undefined,
): Promise<Record<string, string>> {
  const requests = object?.spec.tokenRequests ?? [];
  if (requests.length === 0) return {};
  const issued: Record<string, IssuedToken> = {};
  for (const { audience, expirationSeconds = 3600 } of requests) {
    issued[audience] = await tokens.issuedToken(pod, { audience, expirationSeconds });
  }
  return { 'csi.storage.k8s.io/serviceAccount.tokens': JSON.stringify(issued) };
}
