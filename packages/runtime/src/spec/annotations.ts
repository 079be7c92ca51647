// Selects the annotations that the OCI runtime sees, by the handler's settings or without instructions to it. Pure.

import type { OciRuntime } from '../oci-runtime/runtime.ts';
import type { SandboxView } from './input.ts';

/** Selects annotations whose name is in `patterns` or matches a pattern that ends in `*`. */
export function passedAnnotations(
  patterns: readonly string[],
  annotations: Readonly<Record<string, string>>,
): Record<string, string> {
  const matches = (name: string) =>
    patterns.some((pattern) =>
      pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    );
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => matches(name)));
}

/**
 * Prefixes of annotations that instruct OCI runtimes, or their hooks and libraries: for example which program, cgroup
 * or device a container gets, or which program runs as root on the host.
 */
const orders = [
  'run.oci.',
  'org.criu.',
  'org.systemd.',
  'krun.',
  'module.wasm.',
  'io.containers.',
  'io.katacontainers.',
  'io.kubernetes.cri.',
  'io.kubernetes.cri-o.',
  'dev.gvisor.',
  'cdi.k8s.io/',
  'nvidia.cdi.k8s.io/',
];

/**
 * The annotations of a pod and its container that the OCI runtime and its hooks see. Without a list in the handler's
 * settings all are passed on, as by CRI-O, except instructions, which a pod's author must not give. It is unknown
 * which annotations instruct runtimes other than crun and runc, so these see only listed ones.
 */
export function runtimeAnnotations(
  { handler, flavor }: Pick<OciRuntime, 'handler' | 'flavor'>,
  pod: Readonly<Record<string, string>>,
  container: Readonly<Record<string, string>>,
): Record<string, string> {
  const passed = (patterns: readonly string[] | undefined, annotations: Readonly<Record<string, string>>) => {
    if (patterns !== undefined) return passedAnnotations(patterns, annotations);
    return flavor === 'other' ? {} : withoutOrders(annotations);
  };
  return { ...passed(handler.podAnnotations, pod), ...passed(handler.containerAnnotations, container) };
}

function withoutOrders(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations).filter(([name]) => !orders.some((prefix) => name.startsWith(prefix))),
  );
}

/**
 * Annotations of config.json by which tools identify a container's pod; the keys are those of containerd's CRI
 * plugin.
 */
export function specAnnotations(options: {
  sandbox: Pick<SandboxView, 'id' | 'name' | 'namespace' | 'uid'>;
  type: 'container' | 'sandbox';
  containerName?: string;
  imageName?: string;
}): Record<string, string> {
  const { sandbox, type, containerName, imageName } = options;
  return {
    'io.kubernetes.cri.container-type': type,
    'io.kubernetes.cri.sandbox-id': sandbox.id,
    'io.kubernetes.cri.sandbox-name': sandbox.name,
    'io.kubernetes.cri.sandbox-namespace': sandbox.namespace,
    'io.kubernetes.cri.sandbox-uid': sandbox.uid,
    ...(containerName === undefined ? {} : { 'io.kubernetes.cri.container-name': containerName }),
    ...(imageName === undefined ? {} : { 'io.kubernetes.cri.image-name': imageName }),
  };
}
