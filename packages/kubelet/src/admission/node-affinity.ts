// `spec.nodeSelector` and the required part of `spec.affinity.nodeAffinity`.
// https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/

import type { NodeSelectorRequirement, NodeSelectorTerm } from 'kubernetes-types/core/v1.d.ts';
import { labelValue, meetsRequirement } from '../api/label-requirement.ts';
import type { Pod } from '../api/pod.ts';
import type { NodeFacts } from '../node/node-facts.ts';
import type { Check } from './check.ts';

/** Refuses a pod that selects other nodes. */
export const checkNodeAffinity: Check = (pod, { labels }) => {
  const detail = mismatch(pod, labels);
  if (detail === undefined) return 'admitted';
  return {
    reason: 'NodeAffinity',
    message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    detail,
  };
};

/** Whether the node has what the pod selects. */
export function matchesNode(pod: Pick<Pod, 'spec'>, { labels }: Pick<NodeFacts, 'labels'>): boolean {
  return mismatch(pod, labels) === undefined;
}

function mismatch(pod: Pick<Pod, 'spec'>, labels: NodeFacts['labels']): string | undefined {
  const wrong = Object.entries(pod.spec.nodeSelector ?? {}).find(([key, value]) => labels[key] !== value);
  if (wrong) return `spec.nodeSelector: this node's label ${wrong[0]} is not ${wrong[1]}`;
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (!terms || terms.some((term) => matchesTerm(term, labels))) return undefined;
  return 'spec.affinity.nodeAffinity: no term of it matches this node';
}

/** Whether labels are as a term of a selector of nodes asks for. */
export function matchesTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  labels: NodeFacts['labels'],
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const fields = { 'metadata.name': labels['kubernetes.io/hostname'] ?? '' };
  return (
    matchExpressions.every((requirement) => matches(requirement, labels)) &&
    matchFields.every((requirement) => matches(requirement, fields))
  );
}

function matches(requirement: NodeSelectorRequirement, labels: NodeFacts['labels']): boolean {
  const { key, operator, values = [] } = requirement;
  const value = labelValue(labels, key);
  switch (operator) {
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return meetsRequirement(requirement, labels) ?? false;
  }
}
