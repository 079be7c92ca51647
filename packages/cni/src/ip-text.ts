import { isIP, isIPv6 } from 'node:net';

/**
 * An IP address in the one text by which Go's net.IP prints it, and so libcni hands it on: IPv6 in its shortest form,
 * and IPv4 as IPv4 also where it is written within IPv6 (`::ffff:10.0.0.5`).
 *
 * @returns undefined for what is no address, a zone (`fe80::1%eth0`) included
 */
export function canonicalIp(text: string): string | undefined {
  if (isIP(text) === 0 || text.includes('%')) return undefined;
  if (!isIPv6(text)) return text;
  const shortest = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(shortest) ?? [];
  if (high === undefined || low === undefined) return shortest;
  return [high, low]
    .flatMap((part) => [Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 255])
    .join('.');
}

/**
 * An address with its prefix length in the text by which Go's net.IPNet prints it.
 *
 * @returns undefined for what is none
 */
export function canonicalCidr(text: string): string | undefined {
  const [, address = '', digits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const ip = canonicalIp(address);
  const length = Number(digits);
  if (ip === undefined || length > (isIPv6(address) ? 128 : 32)) return undefined;
  const isMapped = isIPv6(address) && !isIPv6(ip);
  return `${ip}/${isMapped ? Math.max(length - 96, 0) : length}`;
}
