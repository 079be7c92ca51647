// Has the driver of a claim's volume grow its file system once controllers have made the volume larger.
import { messageOf } from '@berth/common/error-message.ts';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import type { PersistentVolumeClaim } from 'kubernetes-types/core/v1.d.ts';
import type { Pod } from '../../api/pod.ts';
import type { ApiClient } from '../../apiserver/api-client.ts';
import { aboutPod, type Recorder } from '../../events/event.ts';
import { createLogger } from '../../klog/klog.ts';
import type { CsiVolume } from '../csi/csi-volume.ts';
import type { CsiVolumes } from '../csi/csi-volumes.ts';
import {
  type ClaimPatch,
  type Expansion,
  expansionBegins,
  expansionEnded,
  expansionFailed,
  expansionOf,
} from './claim-expansion.ts';
import { claims, type ResolvedClaim } from './claims.ts';

const log = createLogger('claim-expander.ts');

/** The parameters of expansions. */
export interface ClaimExpanderPorts {
  client: Pick<ApiClient, 'patch'>;
  csi: Pick<CsiVolumes, 'expand'>;
  events: Recorder;
}

/** Expands the volume that a pod has mounted at `path` if it has to be. A failure is told, and tried again later. */
export async function expandClaim(
  ports: ClaimExpanderPorts,
  pod: Pod,
  { claim, volume }: ResolvedClaim,
  mounted: { volume: CsiVolume; path: string },
): Promise<void> {
  const expansion = expansionOf(claim, volume);
  if (expansion.do === 'nothing') return;
  const subject = aboutPod(pod);
  const name = mounted.volume.specName;
  try {
    const isSupported = await expand(ports, claim, expansion, mounted);
    if (!isSupported) return;
    const told = `MountVolume.NodeExpandVolume succeeded for volume "${name}" `;
    ports.events.record(subject, 'Normal', 'FileSystemResizeSuccessful', told);
  } catch (error) {
    log.error('MountVolume.NodeExpandVolume failed', { err: error, volume: name });
    const told = `MountVolume.NodeExpandVolume failed for volume "${name}" : ${messageOf(error)}`;
    ports.events.record(subject, 'Warning', 'FileSystemResizeFailed', told);
  }
}

async function expand(
  { client, csi }: ClaimExpanderPorts,
  claim: PersistentVolumeClaim,
  { size, bytes, tells }: Extract<Expansion, { do: 'expand' }>,
  { volume, path }: { volume: CsiVolume; path: string },
): Promise<boolean> {
  const where = { namespace: claim.metadata?.namespace ?? '', name: claim.metadata?.name ?? '' };
  const patch = (patched: ClaimPatch): Promise<PersistentVolumeClaim> =>
    client.patch<PersistentVolumeClaim>(claims, where, 'merge', patched, { subresource: 'status' });
  const begun = tells ? await patch(expansionBegins(claim)) : claim;
  try {
    if (!(await csi.expand(volume, path, bytes))) return false;
  } catch (error) {
    // The driver will never do it: the controller may go back to a smaller size.
    if (
      tells &&
      error instanceof CriError &&
      ['INVALID_ARGUMENT', 'OUT_OF_RANGE', 'NOT_FOUND'].includes(error.code)
    ) {
      await patch(expansionFailed(begun));
    }
    throw error;
  }
  await patch(expansionEnded(begun, size));
  return true;
}
