// The JSON of `berth image inspect`, in the form of docker and podman. Pure.

import { isObject } from '@berth/common/json/is-object.ts';
import type { ImageStatusResponse } from '@berth/cri/generated/api.ts';

/** An image as `docker image inspect` prints it, from the runtime's verbose status. */
export function inspectedImage({ image, info }: ImageStatusResponse): object {
  const spec = specOf(info['info']);
  const { config, rootfs } = spec;
  return {
    Id: image?.id ?? '',
    RepoTags: image?.repoTags ?? [],
    RepoDigests: image?.repoDigests ?? [],
    Created: spec['created'] ?? '',
    Author: spec['author'] ?? '',
    Architecture: spec['architecture'] ?? '',
    Os: spec['os'] ?? '',
    Size: Number(image?.size ?? 0n),
    Config: isObject(config) ? config : {},
    RootFS: { Type: 'layers', Layers: isObject(rootfs) ? (rootfs['diff_ids'] ?? []) : [] },
    History: spec['history'] ?? [],
  };
}

/** The image's configuration in the runtime's verbose information; empty when the runtime has another form. */
function specOf(info: string | undefined): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(info ?? '');
    return isObject(parsed) && isObject(parsed['imageSpec']) ? parsed['imageSpec'] : {};
  } catch {
    return {};
  }
}
