// `spec.nodeSelector` and the required part of `spec.affinity.nodeAffinity`.
// https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
import type { NodeSelectorRequirement, NodeSelectorTerm } from 'kubernetes-types/core/v1.d.ts';
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

function mismatch(pod: Pod, labels: NodeFacts['labels']): string | undefined {
  const wrong = Object.entries(pod.spec.nodeSelector ?? {}).find(([key, value]) => labels[key] !== value);
  if (wrong) return `spec.nodeSelector: this node's label ${wrong[0]} is not ${wrong[1]}`;
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (!terms || terms.some((term) => matchesTerm(term, labels))) return undefined;
  return 'spec.affinity.nodeAffinity: no term of it matches this node';
}

function matchesTerm(
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

function matches(
  { key, operator, values = [] }: NodeSelectorRequirement,
  labels: NodeFacts['labels'],
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}
