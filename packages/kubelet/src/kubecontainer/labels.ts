// Labels and annotations by which a restarted kubelet finds its pods. They are the real kubelet's, so that each can
// adopt pods of the other.
import type { Container, Pod, PodIdentity } from '../api/pod.ts';
import { isPathPart } from '../paths/pod-paths.ts';
import { containerHash } from './container-hash.ts';
import { goJson } from './go-json.ts';

/** Labels on sandboxes and containers. */
export const podLabels = {
  name: 'io.kubernetes.pod.name',
  namespace: 'io.kubernetes.pod.namespace',
  uid: 'io.kubernetes.pod.uid',
  container: 'io.kubernetes.container.name',
} as const;

/** Annotations on containers. */
export const containerAnnotations = {
  hash: 'io.kubernetes.container.hash',
  restartCount: 'io.kubernetes.container.restartCount',
  terminationMessagePath: 'io.kubernetes.container.terminationMessagePath',
  terminationMessagePolicy: 'io.kubernetes.container.terminationMessagePolicy',
  ports: 'io.kubernetes.container.ports',
  preStopHandler: 'io.kubernetes.container.preStopHandler',
  deletionGracePeriod: 'io.kubernetes.pod.deletionGracePeriod',
  terminationGracePeriod: 'io.kubernetes.pod.terminationGracePeriod',
} as const;

/** Labels of a pod's sandbox: the pod's own and those that identify it. */
export function sandboxLabels(pod: Pod): Record<string, string> {
  return { ...pod.metadata.labels, ...identity(pod) };
}

/** Labels of a container. */
export function containerLabels(pod: Pod, container: Container): Record<string, string> {
  return { ...identity(pod), [podLabels.container]: container.name };
}

/**
 * The pod that labels name; undefined when they name none. Labels are untrusted: any CRI client can set them, and the
 * kubelet removes files at paths made from them, so each value has to be a file name and no path.
 */
export function podOfLabels(labels: Readonly<Record<string, string>>): PodIdentity | undefined {
  const uid = labels[podLabels.uid] ?? '';
  const name = labels[podLabels.name] ?? '';
  const namespace = labels[podLabels.namespace] ?? '';
  return [uid, name, namespace].every(isPathPart) ? { uid, name, namespace } : undefined;
}

function identity({ metadata }: Pod): Record<string, string> {
  return {
    [podLabels.name]: metadata.name,
    [podLabels.namespace]: metadata.namespace,
    [podLabels.uid]: metadata.uid,
  };
}

/** The fields of a hook in the order of the real kubelet. */
const hookFields = [
  ...['exec', 'command'],
  ...['httpGet', 'path', 'port', 'host', 'scheme', 'httpHeaders', 'name', 'value'],
  ...['tcpSocket', 'sleep', 'seconds'],
];

/** The fields of a port in the order of the real kubelet. */
const portFields = ['name', 'hostPort', 'containerPort', 'protocol', 'hostIP'];

/** Annotations of a container: the data to restart and stop it without the manifest. */
export function annotationsOf(pod: Pod, container: Container, restartCount: number): Record<string, string> {
  const annotations: Record<string, string> = {
    [containerAnnotations.hash]: containerHash(container),
    [containerAnnotations.restartCount]: String(restartCount),
    [containerAnnotations.terminationMessagePath]: container.terminationMessagePath,
    [containerAnnotations.terminationMessagePolicy]: container.terminationMessagePolicy,
    [containerAnnotations.terminationGracePeriod]: String(pod.spec.terminationGracePeriodSeconds),
  };
  const { deletionGracePeriodSeconds } = pod.metadata;
  if (deletionGracePeriodSeconds !== undefined) {
    annotations[containerAnnotations.deletionGracePeriod] = String(deletionGracePeriodSeconds);
  }
  const { preStop } = container.lifecycle ?? {};
  if (preStop) annotations[containerAnnotations.preStopHandler] = goJson(preStop, hookFields);
  if (container.ports && container.ports.length > 0) {
    annotations[containerAnnotations.ports] = goJson(container.ports, portFields);
  }
  return annotations;
}
