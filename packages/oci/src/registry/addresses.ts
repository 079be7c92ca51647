import { BlockList, isIP } from 'node:net';

/** Who can be reached at an IP address. */
export type AddressKind = 'loopback' | 'link-local' | 'private' | 'public';

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
  // Clouds hand out credentials of the machine at 169.254.169.254 and fd00:ec2::254.
  [
    'link-local',
    [
      ['169.254.0.0', 16],
      ['fe80::', 10],
      ['fd00:ec2::254', 128],
    ],
  ],
  [
    'private',
    [
      ['10.0.0.0', 8],
      ['172.16.0.0', 12],
      ['192.168.0.0', 16],
      ['100.64.0.0', 10],
      ['fc00::', 7],
    ],
  ],
];

const lists = ranges.map(([kind, networks]): [AddressKind, BlockList] => {
  const list = new BlockList();
  for (const [network, prefix] of networks) list.addSubnet(network, prefix, family(network));
  return [kind, list];
});

/** What kind of address an IP address is; IPv4 in IPv6 form counts as IPv4. */
export function addressKind(address: string): AddressKind {
  const bare = address.replace(/%.*$/, '');
  return lists.find(([, list]) => list.check(bare, family(bare)))?.[0] ?? 'public';
}

/**
 * Whether a server at `from` may send a client on to `to`, by a redirect or as its token server. A server on the
 * internet must not have this machine ask what only this machine or its network can reach.
 */
export function mayLeadTo(from: string, to: string): boolean {
  const [source, target] = [addressKind(from), addressKind(to)];
  if (target === 'public') return true;
  if (target === 'link-local') return false;
  return source === 'loopback' || (source === 'private' && target === 'private');
}

/** The address that a URL's host is, unless it is a name. */
export function literalAddress(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : host;
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
