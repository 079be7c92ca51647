// Rewrites IP addresses of results as Go prints them, so that cache files equal those of libcni.
import { formatIp, parseIp, parseNetwork } from '@berth/common/ip-address.ts';

/**
 * An IP address as Go's net.IP, and so libcni, prints it: IPv6 in its shortest form, an IPv4-mapped address
 * (`::ffff:10.0.0.5`) as IPv4.
 *
 * @returns undefined when it is not an address, or has a zone (`fe80::1%eth0`)
 */
export function canonicalIp(text: string): string | undefined {
  const bytes = parseIp(text);
  return bytes && formatIp(withoutMapping(bytes));
}

/**
 * An address with a prefix length as Go's net.IPNet prints it.
 *
 * @returns undefined when it is not an address with a prefix length
 */
export function canonicalCidr(text: string): string | undefined {
  const network = parseNetwork(text);
  if (network === undefined) return undefined;
  const bytes = withoutMapping(network.bytes);
  const mapping = (network.bytes.length - bytes.length) * 8;
  return `${formatIp(bytes)}/${Math.max(network.prefixLength - mapping, 0)}`;
}

/** The prefix ::ffff:0:0/96 of IPv4-mapped addresses. */
const mappedPrefix = Buffer.from('00000000000000000000ffff', 'hex');

function withoutMapping(bytes: Buffer): Buffer {
  const isMapped = bytes.length === 16 && bytes.subarray(0, mappedPrefix.length).equals(mappedPrefix);
  return isMapped ? bytes.subarray(mappedPrefix.length) : bytes;
}
