// The rules for a pod's metadata: name, namespace, uid, labels, annotations.
import type { ObjectMeta } from 'kubernetes-types/meta/v1.d.ts';
import { check, type FieldError, invalid, required } from '../field-error.ts';
import { dnsLabel, dnsSubdomain, labelValue, qualifiedName } from '../names.ts';

const maxAnnotationBytes = 256 * 1024;

/** What is wrong with the metadata. */
export function validateMetadata(metadata: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  if (metadata.name) check(errors, 'metadata.name', metadata.name, dnsSubdomain);
  else errors.push(required('metadata.name', 'a static pod needs a name'));
  if (metadata.namespace) check(errors, 'metadata.namespace', metadata.namespace, dnsLabel);
  if (metadata.uid !== undefined && !/^[0-9A-Za-z][-0-9A-Za-z]{0,62}$/.test(metadata.uid)) {
    errors.push(
      invalid('metadata.uid', metadata.uid, "must be letters, digits and '-', at most 63 characters"),
    );
  }
  errors.push(...validateLabels(metadata.labels ?? {}, 'metadata.labels'));
  let size = 0;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    check(errors, 'metadata.annotations', key, (name) => qualifiedName(name.toLowerCase()));
    size += key.length + Buffer.byteLength(value);
  }
  if (size > maxAnnotationBytes) {
    errors.push({
      path: 'metadata.annotations',
      problem: `Too long: may not be more than ${maxAnnotationBytes} bytes`,
    });
  }
  return errors;
}

/** What is wrong with labels, or with what selects them. */
export function validateLabels(labels: Readonly<Record<string, string>>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(labels)) {
    check(errors, path, key, qualifiedName);
    check(errors, `${path}[${key}]`, value, labelValue);
  }
  return errors;
}
