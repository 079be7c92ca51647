// Rejects pods that need a feature which this node does not have.
import { eachContainer } from '../api/each-container.ts';
import type { VolumeMount } from '../api/pod.ts';
import type { Check } from './check.ts';

/** An older runtime would ignore `bindMountOptions`. Before it has answered, it is not judged. */
export const checkDeclaredFeatures: Check = ({ spec }, { hasMountOptions }) => {
  const uses = ({ bindMountOptions = [] }: VolumeMount): boolean => bindMountOptions.length > 0;
  const needing = eachContainer(spec).find(({ container }) => container.volumeMounts?.some(uses));
  if (needing === undefined || hasMountOptions !== false) return 'admitted';
  const message = 'Pod requires node features that are not available: VolumeBindMountOptions';
  return {
    reason: 'PodFeatureUnsupported',
    message,
    detail: `${needing.path}.volumeMounts: the container runtime does not know bindMountOptions`,
  };
};
