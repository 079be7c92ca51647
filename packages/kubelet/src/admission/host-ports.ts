// Rejects pods whose host ports are taken.
import type { Check } from './check.ts';
import { hostPortsOf } from './host-ports-of.ts';

/** Rejects a pod if another pod uses its host port on the same address or on all addresses. */
export const checkHostPorts: Check = (pod, _node, { ports }) => {
  for (const port of hostPortsOf(pod)) {
    const onEveryAddress = ports.get(port.replace(/@.*/, '@'));
    const onAnyAddress = port.endsWith('@')
      ? [...ports].find(([key]) => key.startsWith(port))?.[1]
      : undefined;
    const owner = ports.get(port) ?? onEveryAddress ?? onAnyAddress;
    if (owner === undefined) continue;
    return {
      reason: 'NodePorts',
      message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
      detail: `host port ${port.replace('@', ' ').trim()} is taken by pod ${owner}`,
    };
  }
  return 'admitted';
};
