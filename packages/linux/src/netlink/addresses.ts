// rtmGetaddr: the IP addresses of a network namespace.
import { formatIp } from '@berth/common/ip-address.ts';
import { decodeAttributes, type NetlinkMessage } from './message.ts';
import { NetlinkSocket } from './socket.ts';

const rtmGetaddr = 22;
const ifa = { address: 1, local: 2, flags: 8 } as const;
const ifaFTentative = 0x40;
const ifaFDadfailed = 0x08;

/** struct ifaddrmsg of rtnetlink(7). */
const structureBytes = 8;

const scopes: Record<number, Address['scope']> = { 0: 'global', 200: 'site', 253: 'link', 254: 'host' };

export interface Address {
  linkIndex: number;
  family: 4 | 6;
  /** Without the prefix length, IPv6 as RFC 5952 writes it. */
  address: string;
  prefixLength: number;
  scope: 'global' | 'site' | 'link' | 'host' | 'other';
  /** IPv6: duplicate address detection is still running, or has failed. */
  tentative: boolean;
}

/**
 * All IPv4 and IPv6 addresses of the calling thread's network namespace.
 *
 * @example
 * // `ip addr` without a process.
 * for (const { address, prefixLength } of listAddresses()) console.log(`${address}/${prefixLength}`);
 */
export function listAddresses(): Address[] {
  using socket = new NetlinkSocket('route');
  return socket
    .dump('list addresses', rtmGetaddr, Buffer.alloc(structureBytes))
    .flatMap((message) => decodeAddress(message) ?? []);
}

/** `undefined` for families other than IP. */
export function decodeAddress({ payload }: NetlinkMessage): Address | undefined {
  const attributes = decodeAttributes(payload.subarray(structureBytes));
  // On a point-to-point link IFA_ADDRESS is the peer's address, and IFA_LOCAL ours.
  const bytes = attributes.get(ifa.local) ?? attributes.get(ifa.address);
  if (bytes === undefined || (bytes.length !== 4 && bytes.length !== 16)) return undefined;
  const flags = attributes.get(ifa.flags)?.readUInt32LE(0) ?? payload.readUInt8(2);
  return {
    linkIndex: payload.readUInt32LE(4),
    family: bytes.length === 4 ? 4 : 6,
    address: formatIp(bytes),
    prefixLength: payload.readUInt8(1),
    scope: scopes[payload.readUInt8(3)] ?? 'other',
    tentative: (flags & (ifaFTentative | ifaFDadfailed)) !== 0,
  };
}
