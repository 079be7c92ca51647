// Taints of the node that pods have to tolerate to stay: a kubelet looks at those with the effect NoExecute.
// https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
import type { Taint, Toleration } from 'kubernetes-types/core/v1.d.ts';
import { isFromApi } from '../api/pod-source-of.ts';
import type { Check } from './check.ts';

/** Refuses pods of an API server; static pods stay on any node. */
export const checkTaints: Check = (pod, { taints = [] }) => {
  if (!isFromApi(pod)) return 'admitted';
  const { tolerations = [] } = pod.spec;
  const untolerated = taints.find(
    (taint) => taint.effect === 'NoExecute' && !tolerations.some((each) => tolerates(each, taint)),
  );
  if (untolerated === undefined) return 'admitted';
  return {
    reason: 'TaintToleration',
    message: "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate",
    detail: `spec.tolerations: none is for the node's taint ${untolerated.key}=${untolerated.value ?? ''}:NoExecute`,
  };
};

/** Whether the toleration is for the taint. */
export function tolerates(
  { effect = '', key = '', operator = '', value = '' }: Toleration,
  taint: Taint,
): boolean {
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  const own = taint.value ?? '';
  switch (operator) {
    case '':
    case 'Equal':
      return value === own;
    case 'Exists':
      return true;
    case 'Gt':
    case 'Lt': {
      if (!isInteger(value) || !isInteger(own)) return false;
      return operator === 'Gt' ? BigInt(own) > BigInt(value) : BigInt(own) < BigInt(value);
    }
    default:
      return false;
  }
}

function isInteger(text: string): boolean {
  return /^(0|-?[1-9]\d*)$/.test(text);
}
