// Finds IPv4 addresses inside IPv6 ones, so that addresses.ts cannot be bypassed by NAT64, 6to4 or Teredo.
import { parseIp } from '@berth/common/ip-address.ts';

/**
 * The IPv4 addresses that packets to an IPv6 address may reach: IPv4-mapped, -compatible and -translated addresses,
 * NAT64 (RFC 6052, RFC 8215), 6to4 and Teredo. None for any other address. Pure.
 */
export function embeddedIPv4(address: string): string[] {
  const bytes = parseIp(address);
  if (bytes?.length !== 16) return [];
  const at = (...positions: [number, number, number, number]) =>
    positions.map((position) => bytes[position] ?? 0).join('.');
  const startsWith = (...groups: number[]) =>
    groups.every((group, index) => group === (bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0));
  const last = at(12, 13, 14, 15);
  // `::` and `::1` embed no IPv4 address.
  if (startsWith(0, 0, 0, 0, 0, 0)) return /^0\.0\.0\.[01]$/.test(last) ? [] : [last];
  if (startsWith(0, 0, 0, 0, 0, 0xffff) || startsWith(0, 0, 0, 0, 0xffff, 0)) return [last];
  if (startsWith(0x64, 0xff9b, 0, 0, 0, 0)) return [last];
  if (startsWith(0x64, 0xff9b, 1)) {
    // The operator of the NAT64 chose the length of the prefix; after a short one zeros follow the address.
    const isWhole = bytes.subarray(13).some((byte) => byte !== 0);
    const readings = isWhole ? [last] : [at(6, 7, 9, 10), at(7, 9, 10, 11), at(9, 10, 11, 12)];
    return readings.filter((reading) => !reading.startsWith('0.'));
  }
  if (startsWith(0x2002)) return [at(2, 3, 4, 5)];
  if (startsWith(0x2001, 0)) {
    const client = Array.from(bytes.subarray(12), (byte) => byte ^ 0xff);
    return [at(4, 5, 6, 7), client.join('.')];
  }
  return [];
}
