// Asks for a label for a volume of a pod, and tells of pods that ask for several.
import type { Pod } from '../../api/pod.ts';
import type { SelinuxMetrics } from '../../metrics/selinux-metrics.ts';
import type { NodeSelinux } from '../../node/node-selinux.ts';
import type { VolumePlugin } from '../plugin.ts';
import { VolumeRefusal } from '../volume-error.ts';
import { askedLabel, inline } from './asked-label.ts';

/** What requests need. */
export interface LabelPorts {
  selinux: NodeSelinux;
  metrics: { readonly selinux: Pick<SelinuxMetrics, 'severalLabels'> };
}

/** What a pod asks for a volume. */
export interface LabelRequest {
  /** '' for none. */
  label: string;
  /** Of a persistent volume, or `inline`. */
  accessMode: string;
}

/** The label for a volume. Throws a VolumeRefusal when containers want several for a persistent volume. */
export function requestLabel(
  { selinux, metrics }: LabelPorts,
  pod: Pod,
  volume: string,
  accessMode: string,
): LabelRequest {
  const asked = askedLabel(selinux, pod, volume);
  if (asked.is === 'one') return { label: asked.label, accessMode };
  const isError = accessMode !== inline;
  metrics.selinux.severalLabels(isError, accessMode);
  if (isError) {
    const problem = `multiple SELinux labels found: ${asked.labels.join(',')}`;
    throw new VolumeRefusal(problem, { isProcessed: false });
  }
  return { label: '', accessMode };
}

/** The same plugin, of volumes that pods describe themselves; it is counted when containers ask for several labels. */
export function labelledPlugin(plugin: VolumePlugin, ports: LabelPorts): VolumePlugin {
  if (!ports.selinux.isEnabled) return plugin;
  return {
    ...plugin,
    setUp: async (pod, volume, signal) => {
      requestLabel(ports, pod, volume.name, inline);
      return await plugin.setUp(pod, volume, signal);
    },
  };
}
