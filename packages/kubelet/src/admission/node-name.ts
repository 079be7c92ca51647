// Rejects pods that are bound to another node.
import type { Check } from './check.ts';

/** `spec.nodeName` has to be the node's name. */
export const checkNodeName: Check = ({ spec }, { name }) => {
  if (!spec.nodeName || spec.nodeName === name) return 'admitted';
  return {
    reason: 'NodeName',
    message: "Predicate NodeName failed: node(s) didn't match the requested node name",
    detail: `spec.nodeName: this node is ${name}, not ${spec.nodeName}`,
  };
};
