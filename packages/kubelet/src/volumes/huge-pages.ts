// The page size of a volume in huge pages: that of its medium, for which a container must have a request.
import { bytes } from '@berth/common/quantity.ts';
import { eachContainer } from '../api/each-container.ts';
import { hugePageSize } from '../api/huge-page-size.ts';
import type { Pod } from '../api/pod.ts';

/** The size in bytes for the medium `HugePages` or `HugePages-2Mi`. Throws when the pod requests no such pages. */
export function volumePageSize(medium: string, pod: Pod): bigint {
  const named = /^HugePages-(.+)$/.exec(medium)?.[1];
  const wanted = named === undefined ? undefined : bytes(named);
  const requested = new Set(
    eachContainer(pod.spec)
      .flatMap(({ container }) => Object.keys(container.resources.requests ?? {}))
      .map(hugePageBytes)
      .filter((size) => size !== undefined && (wanted === undefined || size === wanted)),
  );
  const [size, ...others] = requested;
  if (others.length > 0) {
    throw new Error(`medium: ${medium} can't be used if container requests multiple huge page sizes`);
  }
  if (size === undefined) {
    throw new Error(
      `medium ${medium}: hugePages storage requested, but there is no resource request for huge pages`,
    );
  }
  return size;
}

function hugePageBytes(resource: string): bigint | undefined {
  const size = hugePageSize(resource);
  return size === undefined ? undefined : bytes(size);
}
