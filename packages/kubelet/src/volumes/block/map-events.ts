// Tells of a block device that a pod has got, with the words of the real kubelet.
import { dirname } from 'node:path';
import type { Pod } from '../../api/pod.ts';
import { aboutPod, type Recorder } from '../../events/event.ts';
import type { DevicePlace } from './map-device.ts';

/** The pod has the device of the persistent volume at both places. */
export function tellMapped(
  events: Recorder,
  pod: Pod,
  volume: string,
  { globalDir, link }: DevicePlace,
): void {
  const told = `MapVolume.MapPodDevice succeeded for volume "${volume}" `;
  const places = [`globalMapPath "${globalDir}"`, `volumeMapPath "${dirname(link)}"`];
  for (const place of places) {
    events.record(aboutPod(pod), 'Normal', 'SuccessfulMountVolume', `${told}${place}`);
  }
}
