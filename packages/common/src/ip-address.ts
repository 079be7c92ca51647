// Parses and prints IP addresses and networks as bytes; node:net only tests them.
import { isIP } from 'node:net';

/** An address and the length of its network's prefix. */
export interface IpNetwork {
  family: 4 | 6;
  /** 4 or 16 bytes. */
  bytes: Buffer;
  prefixLength: number;
}

/**
 * Parses an IPv4 or IPv6 address to its 4 or 16 bytes; `undefined` when it is invalid or has a zone (`fe80::1%eth0`).
 *
 * @example
 * assert.deepEqual(parseIp('10.0.0.1'), Buffer.from([10, 0, 0, 1]));
 * assert.equal(formatIp(parseIp('2001:DB8:0:0:1:0:0:1') ?? Buffer.of()), '2001:db8::1:0:0:1');
 */
export function parseIp(text: string): Buffer | undefined {
  const version = isIP(text);
  if (version === 4) return Buffer.from(text.split('.').map(Number));
  if (version !== 6 || text.includes('%')) return undefined;
  // An IPv4 tail (::ffff:10.0.0.1) stands for two groups.
  const tail = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const groups =
    tail === null
      ? text
      : text.slice(0, tail.index) +
        [0, 2].map((at) => ((Number(tail[at + 1]) << 8) | Number(tail[at + 2])).toString(16)).join(':');
  const [head = '', rest] = groups.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = rest === undefined || rest === '' ? [] : rest.split(':');
  const bytes = Buffer.alloc(16);
  before.forEach((group, index) => {
    bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  });
  after.forEach((group, index) => {
    bytes.writeUInt16BE(Number.parseInt(group, 16), 16 - (after.length - index) * 2);
  });
  return bytes;
}

/** Formats an address of 4 or 16 bytes; IPv6 by RFC 5952. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return Array.from(bytes).join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  const { start, length } = longestZeroRun(groups);
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === '0') length += 1;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/**
 * Parses `10.88.0.0/16` or `fd00::/64`; `undefined` when it is invalid. Keeps bits after the prefix.
 *
 * @example
 * const network = parseNetwork('10.88.0.1/16');
 * assert.deepEqual([network?.family, network?.prefixLength], [4, 16]);
 */
export function parseNetwork(text: string): IpNetwork | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const bytes = parseIp(address);
  if (bytes === undefined || length === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length))
    return undefined;
  const prefixLength = Number(length);
  if (prefixLength > bytes.length * 8) return undefined;
  return { family: bytes.length === 4 ? 4 : 6, bytes, prefixLength };
}

/** The mask of a prefix, e.g. `/20` of IPv4 → `ff ff f0 00`. */
export function prefixMask(prefixLength: number, byteLength: number): Buffer {
  return Buffer.from(
    Array.from({ length: byteLength }, (_, index) => {
      const bits = Math.min(8, Math.max(0, prefixLength - index * 8));
      return (0xff << (8 - bits)) & 0xff;
    }),
  );
}
