// Rejects pods for another operating system.
import type { Check } from './check.ts';

/** The label `kubernetes.io/os` of the pod itself has to be the node's. */
export const checkOsLabel: Check = ({ metadata: { labels = {} } }, { labels: ofNode }) => {
  const label = labels['kubernetes.io/os'];
  if (label === undefined || label === ofNode['kubernetes.io/os']) return 'admitted';
  return {
    reason: 'PodOSSelectorNodeLabelDoesNotMatch',
    message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
    detail: `metadata.labels[kubernetes.io/os]: this node is ${ofNode['kubernetes.io/os']}, not ${label}`,
  };
};

/** `spec.os` has to be the node's. */
export const checkOsField: Check = ({ spec }, { labels }) => {
  const node = labels['kubernetes.io/os'];
  if (spec.os === undefined || spec.os.name === node) return 'admitted';
  return {
    reason: 'PodOSNotSupported',
    message: "Failed to admit pod as the OS field doesn't match node OS",
    detail: `spec.os.name: this node is ${node}, not ${spec.os.name}`,
  };
};
