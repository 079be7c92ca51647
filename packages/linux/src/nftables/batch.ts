// Messages of the kernel's nf_tables, see linux/netfilter/nf_tables.h. The kernel applies the messages of a batch
// atomically.
import {
  type Attribute,
  encodeAttributes,
  encodeString,
  type NetlinkMessage,
  requestFlags,
} from '../netlink/message.ts';
import { be32 } from './expressions.ts';

export type NftMessage = Omit<NetlinkMessage, 'sequence'>;

const subsystemNftables = 10;
const batchBegin = 0x10;
const batchEnd = 0x11;
const messageTypes = { newTable: 0, getTable: 1, deleteTable: 2, newChain: 3, newRule: 6 } as const;

/** The family of tables for IPv4 and IPv6. */
const nfprotoInet = 1;

const tableName = 1;
const chainAttributes = { table: 1, name: 3, hook: 4, type: 7 } as const;
const hookAttributes = { number: 1, priority: 2 } as const;
const ruleAttributes = { table: 1, chain: 2, expressions: 4 } as const;

/** The netfilter hooks that a base chain can attach to, and the priorities there. */
const hookNumbers = {
  prerouting: { number: 0, priority: { raw: -300 } },
  postrouting: { number: 4, priority: { srcnat: 100 } },
} as const;

/** struct nfgenmsg: family, version 0, and a resource id in network byte order. */
function structure(family: number, resource: number): Buffer {
  return Buffer.from([family, 0, resource >> 8, resource & 0xff]);
}

function message(
  type: keyof typeof messageTypes,
  flags: number,
  attributes: readonly Attribute[],
): NftMessage {
  return {
    type: (subsystemNftables << 8) | messageTypes[type],
    flags: requestFlags.request | requestFlags.ack | flags,
    payload: Buffer.concat([structure(nfprotoInet, 0), encodeAttributes(attributes)]),
  };
}

/** Creates a table of the inet family; an existing one is no error. */
export function newTable(name: string): NftMessage {
  return message('newTable', requestFlags.create, [[tableName, encodeString(name)]]);
}

/** Gets a table of the inet family, outside a batch; ENOENT when there is none. */
export function getTable(name: string): NftMessage {
  return message('getTable', 0, [[tableName, encodeString(name)]]);
}

/** Deletes a table with its chains and rules; ENOENT when there is none. */
export function deleteTable(name: string): NftMessage {
  return message('deleteTable', 0, [[tableName, encodeString(name)]]);
}

/** Creates a base chain for source NAT at the postrouting hook. */
export function newSourceNatChain(table: string, name: string): NftMessage {
  const { number, priority } = hookNumbers.postrouting;
  return newChain(table, name, { type: 'nat', hook: number, priority: priority.srcnat });
}

/** Creates a base chain at the prerouting hook, before connection tracking and NAT. */
export function newRawFilterChain(table: string, name: string): NftMessage {
  const { number, priority } = hookNumbers.prerouting;
  return newChain(table, name, { type: 'filter', hook: number, priority: priority.raw });
}

function newChain(
  table: string,
  name: string,
  { type, hook, priority }: { type: 'nat' | 'filter'; hook: number; priority: number },
): NftMessage {
  return message('newChain', requestFlags.create, [
    [chainAttributes.table, encodeString(table)],
    [chainAttributes.name, encodeString(name)],
    [
      chainAttributes.hook,
      [
        [hookAttributes.number, be32(hook)],
        [hookAttributes.priority, be32(priority)],
      ],
    ],
    [chainAttributes.type, encodeString(type)],
  ]);
}

/** Appends a rule to a chain. */
export function newRule(table: string, chain: string, expressions: readonly Attribute[]): NftMessage {
  return message('newRule', requestFlags.create | requestFlags.append, [
    [ruleAttributes.table, encodeString(table)],
    [ruleAttributes.chain, encodeString(chain)],
    [ruleAttributes.expressions, expressions],
  ]);
}

/** Wraps messages in NFNL_MSG_BATCH_BEGIN and NFNL_MSG_BATCH_END. */
export function batch(messages: readonly NftMessage[]): NftMessage[] {
  const frame = (type: number): NftMessage => ({
    type,
    flags: requestFlags.request,
    payload: structure(0, subsystemNftables),
  });
  return [frame(batchBegin), ...messages, frame(batchEnd)];
}
