// Gives a pod the block device of a persistent volume, by the kind of that.
import type { PersistentVolume } from 'kubernetes-types/core/v1.d.ts';
import type { Pod } from '../../api/pod.ts';
import type { Recorder } from '../../events/event.ts';
import type { Node } from '../../node/status/node-object.ts';
import { deviceStats } from '../block/device-stats.ts';
import { devicePath } from '../block/map-device.ts';
import { tellMapped } from '../block/map-events.ts';
import { persistentCsiVolume } from '../csi/csi-volume.ts';
import type { CsiVolumes } from '../csi/csi-volumes.ts';
import { MapError } from '../volume-error.ts';
import { type LocalDevicePorts, mapLocalDevice } from './local-device.ts';
import type { PersistentForPod } from './mount-persistent.ts';
import { affinityProblem } from './volume-affinity.ts';

/** What block devices of persistent volumes need. */
export interface MapPersistentPorts extends LocalDevicePorts {
  csi: Pick<CsiVolumes, 'map' | 'stats'>;
  events: Recorder;
  node(): Node | undefined;
}

/**
 * Maps it, and tells of that unless `isRepeated`.
 *
 * @throws MapError that names the step, or VolumeWait
 */
export async function mapPersistent(
  ports: MapPersistentPorts,
  pod: Pod,
  persistent: PersistentVolume,
  { isReadOnly, isRepeated }: { isReadOnly: boolean; isRepeated: boolean },
): Promise<PersistentForPod> {
  const { csi, node, events } = ports;
  const name = persistent.metadata?.name ?? '';
  const problem = affinityProblem(persistent, node()?.metadata.labels ?? {});
  if (problem !== undefined) throw new MapError('NodeAffinity check failed', name, problem, 'FailedMount');
  const volume = persistentCsiVolume(persistent, isReadOnly);
  const { local } = persistent.spec ?? {};
  if (!volume && !local) {
    throw new MapError(
      'FindMapperPluginBySpec failed to find BlockVolumeMapper plugin. Volume plugin is nil.',
      name,
      'only volumes of the kinds csi and local can be block devices',
    );
  }
  const { place, device } = volume
    ? await csi.map(pod, volume)
    : await mapLocalDevice(ports, pod, { name, path: local?.path ?? '' });
  if (!isRepeated) tellMapped(events, pod, name, place);
  const mapped = devicePath(place);
  return {
    prepared: { from: 'device', link: place.link, isReadOnly },
    path: device,
    measure: () => (volume ? csi.stats(volume, mapped) : deviceStats(mapped)),
  };
}
