// Keeps pods off a node that is short of something, as pods are evicted from it.
// https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#node-conditions
import { isCritical } from '../api/critical.ts';
import type { Pod } from '../api/pod.ts';
import { qosClass } from '../cgroups/qos-class.ts';
import type { Check } from './check.ts';
import { tolerates } from './taints.ts';

const memoryTaint = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' };

/** Critical pods are admitted at all times; where memory is short, and nothing else, those that request some, too. */
export const checkPressure: Check = (pod, { pressures }) => {
  if (!pressures || isCritical(pod)) return 'admitted';
  const conditions = [
    ...(pressures.memory ? ['MemoryPressure'] : []),
    ...(pressures.disk ? ['DiskPressure'] : []),
    ...(pressures.pid ? ['PIDPressure'] : []),
  ];
  if (conditions.length === 0) return 'admitted';
  if (conditions.join() === 'MemoryPressure' && mayUseMemory(pod)) return 'admitted';
  const message = `The node had condition: [${conditions.join(' ')}]. `;
  return { reason: 'Evicted', message, detail: message.trimEnd() };
};

function mayUseMemory(pod: Pod): boolean {
  if (qosClass(pod) !== 'BestEffort') return true;
  return (pod.spec.tolerations ?? []).some((toleration) => tolerates(toleration, memoryTaint));
}
