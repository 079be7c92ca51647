// nf_tables expressions, the instructions of rules: each loads, changes or compares a register. Numbers inside
// attributes are in network byte order.
import { type IpNetwork, prefixMask } from '@berth/common/ip-address.ts';
import { type Attribute, encodeString } from '../netlink/message.ts';

const REGISTER = 1;
const LIST_ELEMENT = 1;
const EXPRESSION = { name: 1, data: 2 } as const;
const DATA_VALUE = 1;

const META = { destination: 1, key: 2 } as const;
const META_KEYS = { inputInterface: 4, family: 15, inputKind: 26 } as const;
/** The protocol numbers of IPv4 and IPv6 in netfilter. */
const NFPROTO = { 4: 2, 6: 10 } as const;

const COMPARE = { source: 1, operator: 2, data: 3 } as const;
const OPERATORS = { equal: 0, unequal: 1 } as const;

const PAYLOAD = { destination: 1, base: 2, offset: 3, length: 4 } as const;
const NETWORK_HEADER = 1;

const BITWISE = { source: 1, destination: 2, length: 3, mask: 4, xor: 5 } as const;

/** The index of `lo` in every network namespace, in host byte order. */
const LOOPBACK_INDEX = new Uint8Array(Uint32Array.of(1).buffer);
/** IFNAMSIZ. */
const KIND_BYTES = 16;

const IMMEDIATE = { destination: 1, data: 2 } as const;
const VERDICT_REGISTER = 0;
const DATA_VERDICT = 2;
const VERDICT_CODE = 1;
const VERDICTS = { drop: 0, accept: 1 } as const;

/** Offsets of the addresses in the IPv4 and IPv6 headers. */
const ADDRESS_OFFSETS = {
  4: { source: 12, destination: 16 },
  6: { source: 8, destination: 24 },
} as const;

export function be32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function expression(name: string, data: readonly Attribute[]): Attribute {
  return [
    LIST_ELEMENT,
    [
      [EXPRESSION.name, encodeString(name)],
      [EXPRESSION.data, data],
    ],
  ];
}

function compare(operator: keyof typeof OPERATORS, value: Uint8Array): Attribute {
  return expression('cmp', [
    [COMPARE.source, be32(REGISTER)],
    [COMPARE.operator, be32(OPERATORS[operator])],
    [COMPARE.data, [[DATA_VALUE, value]]],
  ]);
}

function loadMeta(key: keyof typeof META_KEYS): Attribute {
  return expression('meta', [
    [META.destination, be32(REGISTER)],
    [META.key, be32(META_KEYS[key])],
  ]);
}

/** Matches packets of IPv4, or of IPv6. */
export function matchFamily(family: 4 | 6): Attribute[] {
  return [loadMeta('family'), compare('equal', Buffer.from([NFPROTO[family]]))];
}

/** Matches packets whose input interface is not `lo`. */
export function matchFromOutside(): Attribute[] {
  return [loadMeta('inputInterface'), compare('unequal', LOOPBACK_INDEX)];
}

/** Matches packets whose input interface is of a kind, e.g. `vrf`. */
export function matchInputKind(kind: string): Attribute[] {
  const name = Buffer.alloc(KIND_BYTES);
  name.write(kind);
  return [loadMeta('inputKind'), compare('equal', name)];
}

/** Matches packets whose source or destination is in, or not in, a network. */
export function matchAddress(
  which: 'source' | 'destination',
  operator: keyof typeof OPERATORS,
  { family, bytes, prefixLength }: IpNetwork,
): Attribute[] {
  const mask = prefixMask(prefixLength, bytes.length);
  const network = Buffer.from(bytes.map((byte, index) => byte & (mask[index] ?? 0)));
  return [
    expression('payload', [
      [PAYLOAD.destination, be32(REGISTER)],
      [PAYLOAD.base, be32(NETWORK_HEADER)],
      [PAYLOAD.offset, be32(ADDRESS_OFFSETS[family][which])],
      [PAYLOAD.length, be32(bytes.length)],
    ]),
    expression('bitwise', [
      [BITWISE.source, be32(REGISTER)],
      [BITWISE.destination, be32(REGISTER)],
      [BITWISE.length, be32(bytes.length)],
      [BITWISE.mask, [[DATA_VALUE, mask]]],
      [BITWISE.xor, [[DATA_VALUE, Buffer.alloc(bytes.length)]]],
    ]),
    compare(operator, network),
  ];
}

/** Masquerade: source NAT to the address of the output interface. */
export function masquerade(): Attribute {
  return expression('masq', []);
}

/** A verdict: drop the packet, or accept it. */
export function verdict(name: keyof typeof VERDICTS): Attribute {
  return expression('immediate', [
    [IMMEDIATE.destination, be32(VERDICT_REGISTER)],
    [IMMEDIATE.data, [[DATA_VERDICT, [[VERDICT_CODE, be32(VERDICTS[name])]]]]],
  ]);
}
