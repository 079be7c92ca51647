import { isIPv6 } from 'node:net';

/**
 * The IPv4 addresses that packets to an IPv6 address may end at: IPv4-mapped, -compatible and -translated addresses,
 * NAT64 (RFC 6052, RFC 8215), 6to4 and Teredo. None for any other address. Pure.
 */
export function embeddedIPv4(address: string): string[] {
  if (!isIPv6(address)) return [];
  const bytes = bytesOf(address);
  const at = (...positions: [number, number, number, number]) =>
    positions.map((position) => bytes[position] ?? 0).join('.');
  const startsWith = (...groups: number[]) =>
    groups.every((group, index) => group === (bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0));
  const last = at(12, 13, 14, 15);
  // `::` and `::1` are addresses of IPv6's own.
  if (startsWith(0, 0, 0, 0, 0, 0)) return /^0\.0\.0\.[01]$/.test(last) ? [] : [last];
  if (startsWith(0, 0, 0, 0, 0, 0xffff) || startsWith(0, 0, 0, 0, 0xffff, 0)) return [last];
  if (startsWith(0x64, 0xff9b, 0, 0, 0, 0)) return [last];
  if (startsWith(0x64, 0xff9b, 1)) {
    // Its owner chose the length of the prefix; with a short one zeros follow the address.
    const isWhole = bytes.slice(13).some((byte) => byte !== 0);
    const readings = isWhole ? [last] : [at(6, 7, 9, 10), at(7, 9, 10, 11), at(9, 10, 11, 12)];
    return readings.filter((reading) => !reading.startsWith('0.'));
  }
  if (startsWith(0x2002)) return [at(2, 3, 4, 5)];
  if (startsWith(0x2001, 0)) {
    const client = bytes.slice(12).map((byte) => byte ^ 0xff);
    return [at(4, 5, 6, 7), client.join('.')];
  }
  return [];
}

function bytesOf(address: string): number[] {
  // The URL parser writes an IPv4 part as hexadecimal groups.
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = text.split('::');
  const before = head.split(':').filter(Boolean);
  const after = (tail ?? '').split(':').filter(Boolean);
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
