// What a runtime and a kubelet say, as people read it. Pure.
import { truncateId } from '@berth/crictl/output/human.ts';

/**
 * The text without codes of gRPC, and with the ids in it cut to the length that `crictl ps` shows; digests, which follow a
 * colon, stay whole.
 */
export function readable(text: string): string {
  return text
    .replaceAll(/rpc error: code = \w+ desc = /g, '')
    .replaceAll(/(?<![0-9a-f:])[0-9a-f]{64}(?![0-9a-f])/g, (id) => truncateId(id));
}
