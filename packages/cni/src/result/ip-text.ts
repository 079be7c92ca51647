import { formatIp, parseIp, parseNetwork } from '@berth/common/ip-address.ts';

/**
 * An IP address in the one text by which Go's net.IP prints it, and so libcni hands it on: IPv6 in its shortest form,
 * and IPv4 as IPv4 also where it is written within IPv6 (`::ffff:10.0.0.5`).
 *
 * @returns undefined for what is no address, a zone (`fe80::1%eth0`) included
 */
export function canonicalIp(text: string): string | undefined {
  const bytes = parseIp(text);
  return bytes && formatIp(withoutMapping(bytes));
}

/**
 * An address with its prefix length in the text by which Go's net.IPNet prints it.
 *
 * @returns undefined for what is none
 */
export function canonicalCidr(text: string): string | undefined {
  const network = parseNetwork(text);
  if (network === undefined) return undefined;
  const bytes = withoutMapping(network.bytes);
  const mapping = (network.bytes.length - bytes.length) * 8;
  return `${formatIp(bytes)}/${Math.max(network.prefixLength - mapping, 0)}`;
}

/** What all IPv4-mapped IPv6 addresses begin with. */
const mappedPrefix = Buffer.from('00000000000000000000ffff', 'hex');

function withoutMapping(bytes: Buffer): Buffer {
  const isMapped = bytes.length === 16 && bytes.subarray(0, mappedPrefix.length).equals(mappedPrefix);
  return isMapped ? bytes.subarray(mappedPrefix.length) : bytes;
}
