// nf_tables expressions, the instructions of rules: each loads, changes or compares a register. Numbers inside
// attributes are in network byte order.
import { type IpNetwork, prefixMask } from '@berth/common/ip-address.ts';
import { type Attribute, encodeString } from '../netlink/message.ts';

const registers = 1;
const listElement = 1;
const expressionAttributes = { name: 1, data: 2 } as const;
const dataValue = 1;

const metaAttributes = { destination: 1, key: 2 } as const;
const metaKeys = { inputInterface: 4, family: 15, inputKind: 26 } as const;
/** The protocol numbers of IPv4 and IPv6 in netfilter. */
const nfproto = { 4: 2, 6: 10 } as const;

const compareOperators = { source: 1, operator: 2, data: 3 } as const;
const operators = { equal: 0, unequal: 1 } as const;

const payloadAttributes = { destination: 1, base: 2, offset: 3, length: 4 } as const;
const networkHeader = 1;

const bitwiseAttributes = { source: 1, destination: 2, length: 3, mask: 4, xor: 5 } as const;

/** The index of `lo` in every network namespace, in host byte order. */
const loopbackIndex = new Uint8Array(Uint32Array.of(1).buffer);
/** IFNAMSIZ. */
const kindBytes = 16;

const immediateAttributes = { destination: 1, data: 2 } as const;
const verdictRegister = 0;
const dataVerdict = 2;
const verdictCode = 1;
const verdicts = { drop: 0, accept: 1 } as const;

/** Offsets of the addresses in the IPv4 and IPv6 headers. */
const addressOffsets = {
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
    listElement,
    [
      [expressionAttributes.name, encodeString(name)],
      [expressionAttributes.data, data],
    ],
  ];
}

function compare(operator: keyof typeof operators, value: Uint8Array): Attribute {
  return expression('cmp', [
    [compareOperators.source, be32(registers)],
    [compareOperators.operator, be32(operators[operator])],
    [compareOperators.data, [[dataValue, value]]],
  ]);
}

function loadMeta(key: keyof typeof metaKeys): Attribute {
  return expression('meta', [
    [metaAttributes.destination, be32(registers)],
    [metaAttributes.key, be32(metaKeys[key])],
  ]);
}

/** Matches packets of IPv4, or of IPv6. */
export function matchFamily(family: 4 | 6): Attribute[] {
  return [loadMeta('family'), compare('equal', Buffer.from([nfproto[family]]))];
}

/** Matches packets whose input interface is not `lo`. */
export function matchFromOutside(): Attribute[] {
  return [loadMeta('inputInterface'), compare('unequal', loopbackIndex)];
}

/** Matches packets whose input interface is of a kind, e.g. `vrf`. */
export function matchInputKind(kind: string): Attribute[] {
  const name = Buffer.alloc(kindBytes);
  name.write(kind);
  return [loadMeta('inputKind'), compare('equal', name)];
}

/** Matches packets whose source or destination is in, or not in, a network. */
export function matchAddress(
  which: 'source' | 'destination',
  operator: keyof typeof operators,
  { family, bytes, prefixLength }: IpNetwork,
): Attribute[] {
  const mask = prefixMask(prefixLength, bytes.length);
  const network = Buffer.from(bytes.map((byte, index) => byte & (mask[index] ?? 0)));
  return [
    expression('payload', [
      [payloadAttributes.destination, be32(registers)],
      [payloadAttributes.base, be32(networkHeader)],
      [payloadAttributes.offset, be32(addressOffsets[family][which])],
      [payloadAttributes.length, be32(bytes.length)],
    ]),
    expression('bitwise', [
      [bitwiseAttributes.source, be32(registers)],
      [bitwiseAttributes.destination, be32(registers)],
      [bitwiseAttributes.length, be32(bytes.length)],
      [bitwiseAttributes.mask, [[dataValue, mask]]],
      [bitwiseAttributes.xor, [[dataValue, Buffer.alloc(bytes.length)]]],
    ]),
    compare(operator, network),
  ];
}

/** Masquerade: source NAT to the address of the output interface. */
export function masquerade(): Attribute {
  return expression('masq', []);
}

/** A verdict: drop the packet, or accept it. */
export function verdict(name: keyof typeof verdicts): Attribute {
  return expression('immediate', [
    [immediateAttributes.destination, be32(verdictRegister)],
    [immediateAttributes.data, [[dataVerdict, [[verdictCode, be32(verdicts[name])]]]]],
  ]);
}
