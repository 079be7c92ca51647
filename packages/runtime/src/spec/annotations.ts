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
 * Annotations of config.json by which tools tell what a container belongs to; the keys are those of
 * containerd's CRI plugin. The pod's and container's own annotations stay out unless the
 * runtime handler passes them on: crun takes orders from some (`run.oci.*`), which are not a pod author's to
 * give.
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
