// ConfigMaps and Secrets in the API.
import { formatFieldErrors } from '../../api/field-error.ts';
import type { Resource } from '../../apiserver/api-client.ts';
import { decodeObject } from '../../objects/decode.ts';
import type { ObjectRef } from '../../objects/objects.ts';
import type { NodeObject } from '../../objects/types.ts';

/** Where the objects of each kind are. */
export const objectResources: Readonly<Record<ObjectRef['kind'], Resource>> = {
  ConfigMap: { group: '', version: 'v1', plural: 'configmaps' },
  Secret: { group: '', version: 'v1', plural: 'secrets' },
};

/** The object as the server has it, which has validated it. Throws for what is no such object. */
export function readServedObject(kind: ObjectRef['kind'], value: unknown): NodeObject {
  const { object, found } = decodeObject(kind, value);
  if (object) return object;
  // No error of a shape quotes a value of a Secret.
  throw new Error(formatFieldErrors(found));
}
