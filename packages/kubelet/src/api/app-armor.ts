// The AppArmor profile of a container: from fields, or from the annotations that were before the fields.
// https://kubernetes.io/docs/tutorials/security/apparmor/
import type { AppArmorProfile } from 'kubernetes-types/core/v1.d.ts';
import { eachContainer } from './each-container.ts';
import type { Container, Pod } from './pod.ts';

/** The annotation of a container is this and its name. */
export const appArmorAnnotationPrefix = 'container.apparmor.security.beta.kubernetes.io/';
const localhostPrefix = 'localhost/';

/** The profile in a container's annotation; undefined when there is none or it is no valid one. */
export function appArmorAnnotation(
  annotations: Readonly<Record<string, string>>,
  containerName: string,
): AppArmorProfile | undefined {
  const value = annotations[appArmorAnnotationPrefix + containerName];
  if (value === 'runtime/default') return { type: 'RuntimeDefault' };
  if (value === 'unconfined') return { type: 'Unconfined' };
  if (!value?.startsWith(localhostPrefix)) return undefined;
  return { type: 'Localhost', localhostProfile: value.slice(localhostPrefix.length) };
}

/** The profile that applies to the container: its own field, its annotation, the pod's field. */
export function appArmorProfile(pod: Pod, container: Container): AppArmorProfile | undefined {
  return (
    container.securityContext?.appArmorProfile ??
    appArmorAnnotation(pod.metadata.annotations ?? {}, container.name) ??
    pod.spec.securityContext.appArmorProfile
  );
}

/** Whether the pod can only run on a node with AppArmor. */
export function needsAppArmor(pod: Pod): boolean {
  const fields = [
    pod.spec.securityContext.appArmorProfile,
    ...eachContainer(pod.spec).map(({ container }) => container.securityContext?.appArmorProfile),
  ];
  const annotations = Object.entries(pod.metadata.annotations ?? {});
  return (
    fields.some((field) => field !== undefined && field.type !== 'Unconfined') ||
    annotations.some(([key, value]) => key.startsWith(appArmorAnnotationPrefix) && value !== 'unconfined')
  );
}
