// Defaults that containers and volumes share.
import { splitImageName } from '@berth/common/image-name.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { withDefaultTag } from './image-name.ts';

/** Always only for an image with the tag "latest", written or implied. */
export function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  const named = withDefaultTag(image);
  return named !== undefined && splitImageName(named).tag === 'latest' ? 'Always' : 'IfNotPresent';
}

/** A reference to a field of the pod with the version of the API that the field's path is of. */
export function defaultFieldRef<Source extends Pick<v1.EnvVarSource, 'fieldRef'>>(source: Source): Source {
  const { fieldRef } = source;
  return fieldRef
    ? { ...source, fieldRef: { ...fieldRef, apiVersion: fieldRef.apiVersion || 'v1' } }
    : source;
}
