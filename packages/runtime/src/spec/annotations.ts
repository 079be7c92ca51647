import type { OciRuntime } from '../oci-runtime/runtime.ts';
import type { SandboxView } from './input.ts';

/**
 * Those of a pod's or container's annotations that a runtime handler passes on: their names are in `patterns`,
 * or begin with what stands before the `*` of one.
 */
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
 * What annotations begin with that OCI runtimes, or the hooks and libraries of these, take orders from: which program,
 * cgroup or device a container gets, what runs as root on the host.
 */
const ORDERS = [
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
 * The annotations of a pod and of its container that the OCI runtime sees, and hooks by it. Without a list in the
 * handler's settings all are passed on, as by CRI-O, but those that are orders: they are not a pod author's to give.
 * Which ones are orders to other runtimes than crun and runc is not known, so these see only what is listed.
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
    Object.entries(annotations).filter(([name]) => !ORDERS.some((prefix) => name.startsWith(prefix))),
  );
}

/**
 * Annotations of config.json by which tools tell what a container belongs to; the keys are those of
 * containerd's CRI plugin.
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
