// rtmGetroute: the routes of a network namespace.
import { formatIp } from '@berth/common/ip-address.ts';
import { decodeAttributes, type NetlinkMessage } from './message.ts';
import { NetlinkSocket } from './socket.ts';

const rtmGetroute = 26;
const rta = { destination: 1, outLink: 4, gateway: 5, priority: 6, preferredSource: 7, table: 15 } as const;
const rtTableMain = 254;
const rtnUnicast = 1;
const AF_INET = 2;
const AF_INET6 = 10;

/** struct rtmsg of rtnetlink(7). */
const structureBytes = 12;

export interface Route {
  family: 4 | 6;
  /** `default`, or a network such as `10.88.0.0/16`. */
  destination: string;
  gateway?: string;
  /** Absent for a multipath route. */
  linkIndex?: number;
  /** The preferred source address. */
  source?: string;
  /** The lowest wins. */
  metric: number;
}

/** The unicast routes of the main table in the calling thread's network namespace. */
export function listRoutes(): Route[] {
  using socket = new NetlinkSocket('route');
  return socket
    .dump('list routes', rtmGetroute, Buffer.alloc(structureBytes))
    .flatMap((message) => decodeRoute(message) ?? []);
}

/** The address families that have a default route. */
export function defaultRouteFamilies(routes: readonly Route[]): Set<4 | 6> {
  return new Set(routes.filter(({ destination }) => destination === 'default').map(({ family }) => family));
}

/** `undefined` for other tables, other families and routes that are not unicast. */
export function decodeRoute({ payload }: NetlinkMessage): Route | undefined {
  const attributes = decodeAttributes(payload.subarray(structureBytes));
  const addressFamily = payload.readUInt8(0);
  const table = attributes.get(rta.table)?.readUInt32LE(0) ?? payload.readUInt8(4);
  if (table !== rtTableMain || payload.readUInt8(7) !== rtnUnicast) return undefined;
  if (addressFamily !== AF_INET && addressFamily !== AF_INET6) return undefined;
  const prefixLength = payload.readUInt8(1);
  const destination = attributes.get(rta.destination);
  const gateway = attributes.get(rta.gateway);
  const source = attributes.get(rta.preferredSource);
  const linkIndex = attributes.get(rta.outLink)?.readUInt32LE(0);
  return {
    family: addressFamily === AF_INET ? 4 : 6,
    destination: destination === undefined ? 'default' : `${formatIp(destination)}/${prefixLength}`,
    ...(gateway === undefined ? {} : { gateway: formatIp(gateway) }),
    ...(linkIndex === undefined ? {} : { linkIndex }),
    ...(source === undefined ? {} : { source: formatIp(source) }),
    metric: attributes.get(rta.priority)?.readUInt32LE(0) ?? 0,
  };
}
