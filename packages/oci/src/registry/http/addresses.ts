// Classifies IP addresses, and decides whether a registry may redirect this machine to one (SSRF).
import { BlockList, isIP } from 'node:net';
import { embeddedIPv4 } from './embedded-ipv4.ts';

/** The scope of an IP address; `reserved` includes multicast. */
export type AddressKind = 'loopback' | 'link-local' | 'reserved' | 'private' | 'public';

const ranges: [kind: AddressKind, ranges: [network: string, prefix: number][]][] = [
  [
    'loopback',
    [
      ['127.0.0.0', 8],
      ['0.0.0.0', 8],
      ['::1', 128],
      ['::', 128],
    ],
  ],
  // The metadata services of clouds, which hand out the machine's credentials.
  [
    'link-local',
    [
      ['169.254.0.0', 16],
      ['fe80::', 10],
      // Alibaba, Azure, Oracle; AWS and Google by IPv6.
      ['100.100.100.200', 32],
      ['168.63.129.16', 32],
      ['192.0.0.192', 32],
      ['fd00:ec2::', 32],
      ['fd20:ce::254', 128],
    ],
  ],
  [
    'reserved',
    [
      ['192.0.0.0', 24],
      ['224.0.0.0', 4],
      ['240.0.0.0', 4],
      ['100::', 64],
      ['ff00::', 8],
    ],
  ],
  [
    'private',
    [
      ['10.0.0.0', 8],
      ['172.16.0.0', 12],
      ['192.168.0.0', 16],
      ['100.64.0.0', 10],
      ['198.18.0.0', 15],
      ['192.0.2.0', 24],
      ['198.51.100.0', 24],
      ['203.0.113.0', 24],
      ['fc00::', 7],
      ['fec0::', 10],
      ['2001:db8::', 32],
      ['3fff::', 20],
    ],
  ],
];

const lists = ranges.map(([kind, networks]): [AddressKind, BlockList] => {
  const list = new BlockList();
  for (const [network, prefix] of networks) list.addSubnet(network, prefix, family(network));
  return [kind, list];
});

/**
 * The scope of an IP address. An IPv6 address that embeds or tunnels to an IPv4 address has the scope of that one. A
 * text that is not an address counts as public, the least trusted scope.
 */
export function addressKind(address: string): AddressKind {
  const bare = address.replace(/%.*$/, '');
  if (isIP(bare) === 0) return 'public';
  const all = [bare, ...embeddedIPv4(bare)];
  return lists.find(([, list]) => all.some((each) => list.check(each, family(each))))?.[0] ?? 'public';
}

/**
 * Whether a server at `from` may direct a client to `to`, by a redirect or as its token server. A server on the
 * internet must not make this machine send requests to itself or its private network (SSRF).
 */
export function mayLeadTo(from: string, to: string): boolean {
  const [source, target] = [addressKind(from), addressKind(to)];
  if (target === 'public') return true;
  if (target === 'link-local' || target === 'reserved') return false;
  return source === 'loopback' || (source === 'private' && target === 'private');
}

/** The IP address of a URL, undefined when its host is a name. */
export function literalAddress(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : host;
}

/** The family of an IP address, as BlockList names it. */
function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
