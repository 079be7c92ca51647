// Drops packets from outside to 127.0.0.0/8, which route_localnet would let in (CVE-2020-8558).
import type { IpNetwork } from '@berth/common/ip-address.ts';
import { deleteTable, type NftMessage, newRawFilterChain, newRule, newTable } from './batch.ts';
import { changeTables } from './change.ts';
import { matchAddress, matchFamily, matchFromOutside, matchInputKind, verdict } from './expressions.ts';

const guardChain = 'prerouting';

const loopbackRange: IpNetwork = { family: 4, bytes: Buffer.from([127, 0, 0, 0]), prefixLength: 8 };

/**
 * Restricts 127.0.0.0/8 to the node itself. The kernel does the same, except on an interface with route_localnet, which
 * CNI's portmap sets on the bridge for host ports, and kube-proxy on all interfaces (CVE-2020-8558). Packets from
 * outside are dropped before DNAT, so that a host port of 127.0.0.1 is reachable from the node only. IPv6 has no such
 * setting: the kernel drops ::1 from outside before any rule.
 *
 * One atomic, idempotent change in the calling thread's network namespace; needs CAP_NET_ADMIN. `nft list table inet
 * TABLE` prints the result as
 *
 *     chain prerouting {
 *       type filter hook prerouting priority raw; policy accept;
 *       meta iifkind "vrf" accept
 *       iif != "lo" ip daddr 127.0.0.0/8 drop
 *       iif != "lo" ip saddr 127.0.0.0/8 drop
 *     }
 *
 * @param table name of a table of the inet family, which this function owns and replaces
 */
export function ensureLoopbackGuard(table: string): void {
  changeTables(`loopback guard in table ${table}`, loopbackGuardMessages(table));
}

/** The messages of `ensureLoopbackGuard`. */
export function loopbackGuardMessages(table: string): NftMessage[] {
  const drop = (which: 'source' | 'destination') =>
    newRule(table, guardChain, [
      ...matchFromOutside(),
      ...matchFamily(4),
      ...matchAddress(which, 'equal', loopbackRange),
      verdict('drop'),
    ]);
  return [
    newTable(table),
    deleteTable(table),
    newTable(table),
    newRawFilterChain(table, guardChain),
    // A VRF has its own 127.0.0.1. Packets from outside were already matched on the VRF's port.
    newRule(table, guardChain, [...matchInputKind('vrf'), verdict('accept')]),
    drop('destination'),
    drop('source'),
  ];
}
