// The rules for AppArmor profiles, in fields and in the older annotations.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { appArmorAnnotation, appArmorAnnotationPrefix } from '../app-armor.ts';
import { eachContainer, findContainer } from '../each-container.ts';
import { type FieldError, forbidden, invalid, notSupported, required } from '../field-error.ts';

const types = ['Localhost', 'RuntimeDefault', 'Unconfined'];
/** PATH_MAX - 1 */
const maxProfileBytes = 4095;

/** What is wrong with a profile field. */
export function validateAppArmor(profile: v1.AppArmorProfile | undefined, path: string): FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  const at = `${path}.localhostProfile`;
  if (!type) return [required(`${path}.type`, 'type is required when appArmorProfile is set')];
  if (!types.includes(type)) return [notSupported(`${path}.type`, type, types)];
  if (type !== 'Localhost') {
    const detail = 'can only be set when AppArmor type is Localhost';
    return localhostProfile === undefined ? [] : [invalid(at, localhostProfile, detail)];
  }
  const name = localhostProfile?.trim();
  if (localhostProfile !== undefined && name !== localhostProfile)
    return [invalid(at, localhostProfile, 'must not be padded with whitespace')];
  if (!name) return [required(at, 'must be set when AppArmor type is Localhost')];
  if (Buffer.byteLength(name) <= maxProfileBytes) return [];
  return [{ path: at, problem: `Too long: may not be more than ${maxProfileBytes} bytes` }];
}

/** What is wrong with the pod's annotations `container.apparmor.security.beta.kubernetes.io/NAME`. */
export function validateAppArmorAnnotations(metadata: v1.Pod['metadata'], spec: v1.PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const annotations = metadata?.annotations ?? {};
  for (const [key, value] of Object.entries(annotations)) {
    if (!key.startsWith(appArmorAnnotationPrefix)) continue;
    const path = `metadata.annotations[${key}]`;
    const name = key.slice(appArmorAnnotationPrefix.length);
    if (findContainer(spec, name) === undefined) errors.push(invalid(path, name, 'container not found'));
    if (value !== '' && appArmorAnnotation(annotations, name) === undefined)
      errors.push(invalid(path, value, `invalid AppArmor profile name: ${JSON.stringify(value)}`));
  }
  for (const { container, path } of eachContainer(spec)) {
    const field = container.securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile;
    const key = appArmorAnnotationPrefix + container.name;
    if (field === undefined || annotations[key] === undefined) continue;
    const at = `${path}.securityContext.appArmorProfile`;
    const annotation = appArmorAnnotation(annotations, container.name);
    if (annotation?.type !== field.type)
      errors.push(forbidden(`${at}.type`, 'apparmor type in annotation and field must match'));
    else if (annotation.localhostProfile !== field.localhostProfile)
      errors.push(forbidden(`${at}.localhostProfile`, 'apparmor profile in annotation and field must match'));
  }
  return errors;
}
