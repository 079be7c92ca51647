// Messages of rtnetlink(7) that make and configure what connects a pod to a bridge: bridges, veth pairs, addresses,
// routes. Pure.
import { parseIp, parseNetwork, prefixMask } from '@berth/common/ip-address.ts';
import {
  type Attribute,
  encodeAttributes,
  encodeString,
  type NetlinkMessage,
  requestFlags,
} from './message.ts';

const rtm = { newLink: 16, setLink: 19, newAddress: 20, newRoute: 24 } as const;
const ifla = {
  address: 1,
  name: 3,
  mtu: 4,
  master: 10,
  protocolInfo: 12,
  linkInfo: 18,
  netnsFd: 28,
} as const;
const infoKind = 1;
const infoData = 2;
const vethPeer = 1;
const bridgePortMode = 4;
const iffUp = 0x1;
const AF_BRIDGE = 7;
const AF_INET = 2;

type Request = Omit<NetlinkMessage, 'sequence'>;

/** A new bridge that is up; EEXIST when the name is taken. */
export function newBridge({ name, mtu = 0 }: { name: string; mtu?: number }): Request {
  return create(rtm.newLink, [
    linkHeader({ up: true }),
    encodeAttributes([
      [ifla.name, encodeString(name)],
      ...(mtu === 0 ? [] : [[ifla.mtu, uint32(mtu)] as const]),
      [ifla.linkInfo, [[infoKind, encodeString('bridge')]]],
    ]),
  ]);
}

/** A new pair: `name` here, up and a port of a bridge, and `peer` in another network namespace, down. */
export interface VethPair {
  name: string;
  /** Index of the bridge. */
  bridge: number;
  mtu?: number;
  peer: { name: string /** Descriptor of its network namespace. */; namespace: number };
}

/** A new veth pair; EEXIST when one of the names is taken. */
export function newVeth({ name, bridge, mtu = 0, peer }: VethPair): Request {
  const ofBoth: Attribute[] = mtu === 0 ? [] : [[ifla.mtu, uint32(mtu)]];
  const peerBytes = Buffer.concat([
    linkHeader({}),
    encodeAttributes([
      [ifla.name, encodeString(peer.name)],
      [ifla.netnsFd, uint32(peer.namespace)],
      ...ofBoth,
    ]),
  ]);
  return create(rtm.newLink, [
    linkHeader({ up: true }),
    encodeAttributes([
      [ifla.name, encodeString(name)],
      ...ofBoth,
      [ifla.master, uint32(bridge)],
      [
        ifla.linkInfo,
        [
          [infoKind, encodeString('veth')],
          [infoData, [[vethPeer, peerBytes]]],
        ],
      ],
    ]),
  ]);
}

/** Lets a bridge send frames back through the port that they came from. */
export function setHairpin(port: number): Request {
  const mode: Attribute = [ifla.protocolInfo, [[bridgePortMode, Buffer.of(1)]]];
  return change(rtm.setLink, [linkHeader({ family: AF_BRIDGE, index: port }), encodeAttributes([mode])]);
}

/** Brings an interface up. */
export function setUp(index: number): Request {
  return change(rtm.newLink, [linkHeader({ index, up: true })]);
}

/** Sets an interface's hardware address. */
export function setMac(index: number, mac: string): Request {
  const bytes = Buffer.from(mac.replaceAll(':', ''), 'hex');
  return change(rtm.newLink, [linkHeader({ index }), encodeAttributes([[ifla.address, bytes]])]);
}

/** Adds an IPv4 address in CIDR notation; EEXIST when the interface has it. */
export function newAddress(index: number, cidr: string): Request {
  const { bytes, prefixLength } = ipv4Network(cidr);
  const header = Buffer.alloc(8);
  header.writeUInt8(AF_INET, 0);
  header.writeUInt8(prefixLength, 1);
  header.writeUInt32LE(index, 4);
  const mask = prefixMask(prefixLength, bytes.length);
  const broadcast = bytes.map((byte, at) => byte | (~(mask[at] ?? 0) & 0xff));
  return create(rtm.newAddress, [
    header,
    encodeAttributes([[2, bytes], [1, bytes], ...(prefixLength < 31 ? [[4, broadcast] as const] : [])]),
  ]);
}

/** Adds an IPv4 route of the main table. */
export function newRoute(
  index: number,
  { dst, gateway }: { dst: string; gateway?: string | undefined },
): Request {
  const { bytes, prefixLength } = ipv4Network(dst);
  const via = gateway === undefined ? undefined : parseIp(gateway);
  const header = Buffer.alloc(12);
  header.writeUInt8(AF_INET, 0);
  header.writeUInt8(prefixLength, 1);
  const [rtTableMain, rtprotBoot, rtScopeLink, rtnUnicast] = [254, 3, 253, 1];
  header.writeUInt8(rtTableMain, 4);
  header.writeUInt8(rtprotBoot, 5);
  header.writeUInt8(via === undefined ? rtScopeLink : 0, 6);
  header.writeUInt8(rtnUnicast, 7);
  const attributes: Attribute[] = [
    [1, bytes],
    [4, uint32(index)],
    ...(via === undefined ? [] : [[5, via] as const]),
  ];
  const { create: createFlag, request, ack } = requestFlags;
  return message(rtm.newRoute, request | ack | createFlag, [header, encodeAttributes(attributes)]);
}

function ipv4Network(cidr: string): { bytes: Buffer; prefixLength: number } {
  const network = parseNetwork(cidr);
  if (network?.family !== 4) throw new Error(`${cidr} is not an IPv4 network`);
  return network;
}

/** struct ifinfomsg of rtnetlink(7). */
function linkHeader({ family = 0, index = 0, up = false }): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt8(family, 0);
  header.writeInt32LE(index, 4);
  if (up) {
    header.writeUInt32LE(iffUp, 8);
    header.writeUInt32LE(iffUp, 12);
  }
  return header;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function create(type: number, parts: Buffer[]): Request {
  const { request, ack, create: createFlag, exclusive } = requestFlags;
  return message(type, request | ack | createFlag | exclusive, parts);
}

function change(type: number, parts: Buffer[]): Request {
  return message(type, requestFlags.request | requestFlags.ack, parts);
}

function message(type: number, flags: number, parts: Buffer[]): Request {
  return { type, flags, payload: Buffer.concat(parts) };
}
