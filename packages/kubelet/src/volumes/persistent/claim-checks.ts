// Whether a pod may use the claim and the persistent volume behind it, with the words of the real kubelet. Pure.
import type { PersistentVolume, PersistentVolumeClaim } from 'kubernetes-types/core/v1.d.ts';
import type { Pod, Volume } from '../../api/pod.ts';
import type { VolumeUses } from '../../api/volume-uses.ts';

/** What a volume of a pod refers to. */
export interface ClaimRef {
  claimName: string;
  isReadOnly: boolean;
  /** Whether the claim is made for the pod, which then has to own it. */
  isPodsOwn: boolean;
}

/** The claim that a volume refers to; undefined for other kinds of volumes. */
export function claimOf({ metadata }: Pod, volume: Volume): ClaimRef | undefined {
  const { persistentVolumeClaim: source, ephemeral, name } = volume;
  if (source) return { claimName: source.claimName, isReadOnly: source.readOnly === true, isPodsOwn: false };
  if (ephemeral) return { claimName: `${metadata.name}-${name}`, isReadOnly: false, isPodsOwn: true };
  return undefined;
}

/** The name of the persistent volume of a claim. Throws while it has none. */
export function boundVolume({ metadata, spec, status }: PersistentVolumeClaim): string {
  const isProtected = metadata?.finalizers?.includes('kubernetes.io/pvc-protection') === true;
  if (metadata?.deletionTimestamp !== undefined && !isProtected) throw new Error('PVC is being deleted');
  if (status?.phase !== 'Bound') throw new Error('PVC is not bound');
  if (!spec?.volumeName) throw new Error('PVC has empty pvc.Spec.VolumeName');
  return spec.volumeName;
}

/** Throws when the pod does not own the claim that was made for it. */
export function checkOwner({ metadata }: Pod, claim: PersistentVolumeClaim): void {
  const { name = '', namespace = '', ownerReferences = [] } = claim.metadata ?? {};
  if (ownerReferences.some(({ controller, uid }) => controller === true && uid === metadata.uid)) return;
  throw new Error(
    `PVC ${namespace}/${name} was not created for pod ${metadata.namespace}/${metadata.name} (pod is not owner)`,
  );
}

/** Throws when the persistent volume belongs to another claim. */
export function checkBound({ metadata, spec }: PersistentVolume, claimUid: string): void {
  const problem = `found PV object ${metadata?.name}`;
  if (!spec?.claimRef) {
    throw new Error(
      `${problem} but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`,
    );
  }
  const { uid } = spec.claimRef;
  if (uid === claimUid) return;
  throw new Error(`${problem} but its pv.Spec.ClaimRef.UID ${uid} does not point to claim.UID ${claimUid}`);
}

/** Throws when containers use the volume in another way than it is for. */
export function checkVolumeMode(volume: string, { spec }: PersistentVolume, uses: VolumeUses): void {
  const mode = spec?.volumeMode ?? 'Filesystem';
  const wrong =
    uses.isMounted && mode !== 'Filesystem'
      ? 'volumeMounts'
      : uses.isDevice && mode !== 'Block'
        ? 'volumeDevices'
        : undefined;
  if (wrong) throw new Error(`volume ${volume} has volumeMode ${mode}, but is specified in ${wrong}`);
}
