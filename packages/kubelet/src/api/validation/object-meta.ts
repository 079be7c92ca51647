// The rules for the metadata of ConfigMaps and Secrets.
import type { ObjectMeta } from 'kubernetes-types/meta/v1.d.ts';
import { type FieldError, required } from '../field-error.ts';
import { validateMetadata } from './metadata.ts';

/** What is wrong with the metadata of an object that is no pod. */
export function validateObjectMeta(metadata: ObjectMeta): FieldError[] {
  if (metadata.name) return validateMetadata(metadata);
  return [required('metadata.name', 'name or generateName is required')];
}
