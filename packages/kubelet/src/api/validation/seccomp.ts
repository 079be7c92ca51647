// The rules for seccomp profiles, in fields and in the older annotations, which have no effect any more.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { eachContainer } from '../each-container.ts';
import {
  check,
  type FieldError,
  forbidden,
  ignored,
  invalid,
  notSupported,
  required,
} from '../field-error.ts';
import { descendingPath } from '../names.ts';

const types = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const podAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';
/** The annotation of a container is this and its name. */
const containerAnnotation = 'container.seccomp.security.alpha.kubernetes.io/';
const localhostPrefix = 'localhost/';

/** What is wrong with a profile field. */
export function validateSeccomp(profile: v1.SeccompProfile | undefined, path: string): FieldError[] {
  if (profile === undefined) return [];
  const errors: FieldError[] = [];
  if (!profile.type) errors.push(required(`${path}.type`, 'type is required when seccompProfile is set'));
  else if (!types.includes(profile.type)) errors.push(notSupported(`${path}.type`, profile.type, types));
  const at = `${path}.localhostProfile`;
  if (profile.type !== 'Localhost') {
    const detail = 'can only be set when seccomp type is Localhost';
    if (profile.localhostProfile !== undefined) errors.push(invalid(at, profile.localhostProfile, detail));
  } else if (!profile.localhostProfile) {
    errors.push(required(at, 'must be set when seccomp type is Localhost'));
  } else check(errors, at, profile.localhostProfile, descendingPath);
  return errors;
}

/** What is wrong with the pod's annotations `seccomp.security.alpha.kubernetes.io/pod` and of containers. */
export function validateSeccompAnnotations(metadata: v1.Pod['metadata'], spec: v1.PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const annotations = metadata?.annotations ?? {};
  for (const [key, value] of Object.entries(annotations)) {
    if (key !== podAnnotation && !key.startsWith(containerAnnotation)) continue;
    const path = `metadata.annotations[${key}]`;
    if (profileOf(value) === undefined) errors.push(invalid(path, value, 'must be a valid seccomp profile'));
    else errors.push(ignored(path, 'since Kubernetes 1.27; use securityContext.seccompProfile'));
  }
  const fields: [path: string, key: string, field: v1.SeccompProfile | undefined][] = [
    ['spec', podAnnotation, spec.securityContext?.seccompProfile],
    ...eachContainer(spec).map(({ container, path }): (typeof fields)[number] => [
      path,
      containerAnnotation + container.name,
      container.securityContext?.seccompProfile,
    ]),
  ];
  for (const [path, key, field] of fields) {
    const value = annotations[key];
    if (field === undefined || value === undefined) continue;
    const at = `${path}.securityContext.seccompProfile`;
    const annotation = profileOf(value);
    if (annotation?.type !== field.type)
      errors.push(forbidden(`${at}.type`, 'seccomp type in annotation and field must match'));
    else if (annotation.localhostProfile !== field.localhostProfile)
      errors.push(forbidden(`${at}.localhostProfile`, 'seccomp profile in annotation and field must match'));
  }
  return errors;
}

/** The profile in an annotation; undefined when it is no valid one. */
function profileOf(value: string): v1.SeccompProfile | undefined {
  if (value === 'runtime/default' || value === 'docker/default') return { type: 'RuntimeDefault' };
  if (value === 'unconfined') return { type: 'Unconfined' };
  if (!value.startsWith(localhostPrefix)) return undefined;
  const localhostProfile = value.slice(localhostPrefix.length);
  return descendingPath(localhostProfile) === undefined ? { type: 'Localhost', localhostProfile } : undefined;
}
