// The addresses of a pod, in the order of its status: one of the node's primary family, then one of the other.
import { formatIp, parseIp } from '@berth/common/ip-address.ts';

/** At most two of the addresses that the runtime reports, in their usual notation. */
export function podIpsInOrder(reported: readonly string[], nodeIps: readonly string[]): string[] {
  const addresses = reported.flatMap((text) => parseIp(text) ?? []);
  const [nodeIp] = nodeIps;
  const primaryLength = nodeIp?.includes(':') ? 16 : 4;
  const primary = addresses.find(({ length }) => length === primaryLength);
  const secondary = addresses.find(({ length }) => length !== primaryLength);
  return [primary, secondary].filter((each) => each !== undefined).map((each) => formatIp(each));
}
