// Pods for unit tests: complete, as config/decode.ts would make them.
import type { Container, EphemeralContainer, Pod, PodSpec } from '../api/pod.ts';

/** A container of a test pod; what is not given has its default. */
export function testContainer(container: Partial<EphemeralContainer> & { name: string }): EphemeralContainer {
  return {
    image: 'busybox',
    imagePullPolicy: 'IfNotPresent',
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    resources: {},
    ...container,
  };
}

/** A pod called default/p with UID u; what is not given has its default. */
export function testPod(
  spec: Partial<Omit<PodSpec, 'containers' | 'initContainers' | 'ephemeralContainers'>> & {
    containers: (Partial<Container> & { name: string })[];
    initContainers?: (Partial<Container> & { name: string })[];
    ephemeralContainers?: (Partial<EphemeralContainer> & { name: string })[];
  },
  metadata: Partial<Pod['metadata']> = {},
): Pod {
  const { ephemeralContainers, ...rest } = spec;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', uid: 'u', ...metadata },
    spec: {
      securityContext: {},
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      terminationGracePeriodSeconds: 30,
      enableServiceLinks: true,
      nodeName: 'node',
      ...rest,
      containers: spec.containers.map(testContainer),
      initContainers: (spec.initContainers ?? []).map(testContainer),
      ...(ephemeralContainers && { ephemeralContainers: ephemeralContainers.map(testContainer) }),
    },
  };
}
