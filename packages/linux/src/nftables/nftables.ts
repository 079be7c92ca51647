// The masquerade rule of the default network, and tables as a whole.
import { hasCode } from '@berth/common/error-code.ts';
import { type IpNetwork, parseNetwork } from '@berth/common/ip-address.ts';
import { NetlinkSocket } from '../netlink/socket.ts';
import { deleteTable, getTable, type NftMessage, newRule, newSourceNatChain, newTable } from './batch.ts';
import { changeTables } from './change.ts';
import { masquerade, matchAddress, matchFamily } from './expressions.ts';

const chainName = 'postrouting';

const multicastRange: Record<4 | 6, IpNetwork> = {
  4: { family: 4, bytes: Buffer.from([224, 0, 0, 0]), prefixLength: 4 },
  6: { family: 6, bytes: Buffer.from([0xff, ...Array(15).fill(0)]), prefixLength: 8 },
};

export interface Masquerade {
  /** Name of the table of the inet family, which this function owns and replaces. */
  table: string;
  /** Networks such as `10.88.0.0/16` and `fd00:88::/64`. */
  sources: readonly string[];
}

/**
 * Masquerades packets from a pod network to any destination except that network and multicast. One atomic, idempotent
 * change in the calling thread's network namespace; needs CAP_NET_ADMIN and NAT in the inet family (Linux 5.2).
 *
 * `nft list table inet TABLE` prints the result as
 *
 *     chain postrouting {
 *       type nat hook postrouting priority srcnat; policy accept;
 *       ip saddr 10.88.0.0/16 ip daddr != 10.88.0.0/16 ip daddr != 224.0.0.0/4 masquerade
 *     }
 */
export function ensureMasquerade({ table, sources }: Masquerade): void {
  changeTables(`masquerade in table ${table}`, masqueradeMessages({ table, sources }));
}

/** Deletes a table of the inet family; succeeds when there is none. */
export function removeTable(name: string): void {
  // Create it first, in the same atomic change, so that the deletion cannot fail with ENOENT.
  changeTables(`remove table ${name}`, [newTable(name), deleteTable(name)]);
}

/** Whether there is a table of the inet family by this name. */
export function hasTable(name: string): boolean {
  using socket = new NetlinkSocket('netfilter');
  const { type, flags, payload } = getTable(name);
  try {
    socket.change(`get table ${name}`, type, flags, payload);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** The messages of `ensureMasquerade`. Throws when a source is no network. */
export function masqueradeMessages({ table, sources }: Masquerade): NftMessage[] {
  const networks = sources.map((source) => {
    const network = parseNetwork(source);
    if (network === undefined)
      throw new Error(`masquerade: ${JSON.stringify(source)} is not a network such as 10.88.0.0/16`);
    return network;
  });
  return [
    newTable(table),
    deleteTable(table),
    newTable(table),
    newSourceNatChain(table, chainName),
    ...networks.map((network) =>
      newRule(table, chainName, [
        ...matchFamily(network.family),
        ...matchAddress('source', 'equal', network),
        ...matchAddress('destination', 'unequal', network),
        ...matchAddress('destination', 'unequal', multicastRange[network.family]),
        masquerade(),
      ]),
    ),
  ];
}
