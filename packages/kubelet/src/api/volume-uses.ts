// How the containers of a pod use its volumes. Pure.
import { eachContainer } from './each-container.ts';
import type { Pod } from './pod.ts';

/** How they use one of them. */
export interface VolumeUses {
  isMounted: boolean;
  isDevice: boolean;
}

/** How they use the volume of this name. */
export function volumeUses({ spec }: Pod, volume: string): VolumeUses {
  const containers = eachContainer(spec).map(({ container }) => container);
  return {
    isMounted: containers.some(({ volumeMounts = [] }) => volumeMounts.some(({ name }) => name === volume)),
    isDevice: containers.some(({ volumeDevices = [] }) => volumeDevices.some(({ name }) => name === volume)),
  };
}
