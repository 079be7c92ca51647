// The hash by which a container is compared with the pod's specification. It equals the real kubelet's annotation, so
// that each kubelet can adopt containers of the other.
import { goJson } from './go-json.ts';

/**
 * Hash of the fields whose change restarts a container (name and image), in hexadecimal. The real kubelet takes
 * 32-bit FNV-1a of a debug print of those fields' JSON bytes.
 */
export function containerHash(container: { name: string; image: string }): string {
  const json = goJson({ image: container.image, name: container.name });
  const printed = `([]uint8)[${Buffer.from(json).join(' ')}]`;
  return fnv1a32(Buffer.from(printed)).toString(16);
}

/** 32-bit FNV-1a as an unsigned number. */
function fnv1a32(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
