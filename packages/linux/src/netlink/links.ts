// rtmGetlink, rtmNewlink and rtmDellink: network interfaces.
import { hasCode } from '@berth/common/error-code.ts';
import {
  decodeAttributes,
  decodeString,
  encodeAttributes,
  encodeString,
  type NetlinkMessage,
} from './message.ts';
import { NetlinkSocket } from './socket.ts';

const rtmNewlink = 16;
const rtmDellink = 17;
const rtmGetlink = 18;

const ifla = {
  address: 1,
  name: 3,
  mtu: 4,
  link: 5,
  master: 10,
  operationalState: 16,
  info: 18,
  stats64: 23,
} as const;
const ifOperUp = 6;
const iflaInfoKind = 1;
const iffUp = 0x1;
const iffLoopback = 0x8;
const iffRunning = 0x40;

/** struct ifinfomsg of rtnetlink(7). */
const structureBytes = 16;

/** Counters since the interface was created. */
export interface LinkStatistics {
  rxPackets: bigint;
  txPackets: bigint;
  rxBytes: bigint;
  txBytes: bigint;
  rxErrors: bigint;
  txErrors: bigint;
  rxDropped: bigint;
  txDropped: bigint;
}

export interface Link {
  index: number;
  name: string;
  up: boolean;
  /** Up and with carrier. */
  running: boolean;
  /** The kernel's own state of it is up (IF_OPER_UP), which some virtual interfaces never tell. */
  operational: boolean;
  loopback: boolean;
  mtu: number;
  /** Hardware address, e.g. `aa:bb:cc:00:11:22`; absent for kinds without one. */
  mac?: string;
  /** Kind of a virtual interface: `veth`, `bridge`, `vxlan`, … */
  kind?: string;
  /** Index of its bridge or bond. */
  master?: number;
  /** Index of the peer or the underlying interface, which for a veth may be in another namespace. */
  peer?: number;
  statistics?: LinkStatistics;
}

/** The interfaces of the calling thread's network namespace. */
export function listLinks(): Link[] {
  using socket = new NetlinkSocket('route');
  return socket.dump('list links', rtmGetlink, Buffer.alloc(structureBytes)).map(decodeLink);
}

/** One interface of the calling thread's network namespace; undefined when there is none of the name. */
export function linkByName(name: string): Link | undefined {
  using socket = new NetlinkSocket('route');
  try {
    return decodeLink(socket.get(`get link ${name}`, rtmGetlink, linkNamed(name)));
  } catch (error) {
    if (hasCode(error, 'ENODEV')) return undefined;
    throw error;
  }
}

/** Brings an interface up by name. */
export function setLinkUp(name: string): void {
  using socket = new NetlinkSocket('route');
  socket.change(`set link ${name} up`, rtmNewlink, 0, encodeLinkUp(name));
}

/** Deletes an interface by name; of a veth pair, both ends. */
export function deleteLink(name: string): void {
  using socket = new NetlinkSocket('route');
  socket.change(`delete link ${name}`, rtmDellink, 0, linkNamed(name));
}

export function encodeLinkUp(name: string): Buffer {
  const structure = Buffer.alloc(structureBytes);
  structure.writeUInt32LE(iffUp, 8);
  structure.writeUInt32LE(iffUp, 12);
  return linkNamed(name, structure);
}

function linkNamed(name: string, structure = Buffer.alloc(structureBytes)): Buffer {
  return Buffer.concat([structure, encodeAttributes([[ifla.name, encodeString(name)]])]);
}

export function decodeLink({ payload }: NetlinkMessage): Link {
  const flags = payload.readUInt32LE(8);
  const attributes = decodeAttributes(payload.subarray(structureBytes));
  const address = attributes.get(ifla.address);
  const info = attributes.get(ifla.info);
  const kind = info && decodeAttributes(info).get(iflaInfoKind);
  const master = attributes.get(ifla.master)?.readUInt32LE(0);
  const peer = attributes.get(ifla.link)?.readUInt32LE(0);
  const statistics = attributes.get(ifla.stats64);
  return {
    index: payload.readInt32LE(4),
    name: decodeString(attributes.get(ifla.name) ?? Buffer.alloc(0)),
    up: (flags & iffUp) !== 0,
    running: (flags & iffRunning) !== 0,
    operational: attributes.get(ifla.operationalState)?.readUInt8(0) === ifOperUp,
    loopback: (flags & iffLoopback) !== 0,
    mtu: attributes.get(ifla.mtu)?.readUInt32LE(0) ?? 0,
    ...(address?.length === 6 ? { mac: (address.toString('hex').match(/../g) ?? []).join(':') } : {}),
    ...(kind === undefined ? {} : { kind: decodeString(kind) }),
    ...(master === undefined ? {} : { master }),
    ...(peer === undefined ? {} : { peer }),
    ...(statistics === undefined ? {} : { statistics: decodeStatistics(statistics) }),
  };
}

/** struct rtnl_link_stats64: consecutive 64-bit counters. */
function decodeStatistics(bytes: Buffer): LinkStatistics {
  const counter = (index: number): bigint => bytes.readBigUInt64LE(index * 8);
  return {
    rxPackets: counter(0),
    txPackets: counter(1),
    rxBytes: counter(2),
    txBytes: counter(3),
    rxErrors: counter(4),
    txErrors: counter(5),
    rxDropped: counter(6),
    txDropped: counter(7),
  };
}
