// Runs on the namespace thread: connects a network namespace to a bridge, as the CNI reference plugin `bridge` does.
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { listAddresses } from '../netlink/addresses.ts';
import { deleteLink, type Link, linkByName } from '../netlink/links.ts';
import {
  newAddress,
  newBridge,
  newRoute,
  newVeth,
  setHairpin,
  setMac,
  setUp,
  type VethPair,
} from '../netlink/make-links.ts';
import { NetlinkSocket } from '../netlink/socket.ts';
import { readSysctl, writeSysctl } from '../sysctl.ts';
import { enterNamespace, type HomeNamespaces } from './pin.ts';

/** A port of a bridge, and the interface behind it in a network namespace. IPv4. */
export interface BridgePortRequest {
  /** File of the network namespace. */
  namespace: string;
  /** Made when it is missing. */
  bridge: string;
  /** Of the bridge and the pair; the kernel's choice when 0. */
  mtu: number;
  hairpin: boolean;
  /** Name of the interface in the namespace. */
  interfaceName: string;
  /** Addresses of the interface, in CIDR notation. */
  addresses: readonly string[];
  routes: readonly { dst: string; gateway?: string | undefined }[];
  /** Addresses of the bridge, in CIDR notation. With one, the machine forwards IPv4. */
  gateways: readonly string[];
}

/** The interfaces of a port. */
export interface BridgePort {
  bridge: { name: string; mac: string };
  /** The end of the pair that is a port of the bridge. */
  host: { name: string; mac: string };
  /** The end in the namespace. */
  pod: { name: string; mac: string };
}

const nameAttempts = 10;
/** How long a port may take until it forwards, in milliseconds: the plugin's 2.5 s. */
const portPauses = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 1000];

/**
 * Makes the pair, configures both ends and the bridge. A failure leaves no pair.
 *
 * @throws SyscallError EEXIST when the namespace has an interface of the name, Error when the bridge has another address
 */
export function makeBridgePort(request: BridgePortRequest, home: HomeNamespaces): BridgePort {
  using socket = new NetlinkSocket('route');
  const bridge = ensureBridge(socket, request);
  const name = makePair(socket, request, bridge);
  try {
    const port = requireLink(name);
    if (request.hairpin) send(socket, `hairpin mode of ${name}`, setHairpin(port.index));
    tryWriteSysctl(`net/ipv6/conf/${name}/accept_ra`, '0');
    const pod = home.away(() => {
      enterNamespace('net', request.namespace);
      return configurePod(request);
    });
    waitUntilUp(name);
    for (const gateway of request.gateways) ensureAddress(socket, bridge, gateway);
    if (request.gateways.length > 0) forwardIpv4();
    return {
      bridge: { name: request.bridge, mac: requireLink(request.bridge).mac ?? '' },
      host: { name, mac: port.mac ?? '' },
      pod: { name: request.interfaceName, mac: pod.mac ?? '' },
    };
  } catch (error) {
    // The pair goes, and with it what the namespace got.
    if (linkByName(name) !== undefined) deleteLink(name);
    throw error;
  }
}

function ensureBridge(socket: NetlinkSocket, { bridge: name, mtu }: BridgePortRequest): Link {
  const found = linkByName(name);
  if (found === undefined) {
    try {
      send(socket, `make bridge ${name}`, newBridge({ name, mtu }));
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
    tryWriteSysctl(`net/ipv6/conf/${name}/accept_ra`, '0');
  }
  const bridge = found ?? requireLink(name);
  if (bridge.kind !== 'bridge') throw new Error(`${JSON.stringify(name)} already exists but is not a bridge`);
  if (!bridge.up) send(socket, `bring ${name} up`, setUp(bridge.index));
  return bridge;
}

/** @returns the name of the bridge's end */
function makePair(socket: NetlinkSocket, request: BridgePortRequest, { index }: Link): string {
  const { interfaceName, mtu } = request;
  const namespace = openSync(request.namespace, 'r');
  try {
    for (let attempt = 1; ; attempt++) {
      const name = `veth${randomBytes(4).toString('hex')}`;
      const pair: VethPair = { name, bridge: index, mtu, peer: { name: interfaceName, namespace } };
      try {
        send(socket, `make veth pair ${name} and ${interfaceName}`, newVeth(pair));
        return name;
      } catch (error) {
        const isTaken = hasCode(error, 'EEXIST') && linkByName(name) !== undefined;
        if (!isTaken || attempt === nameAttempts) throw error;
      }
    }
  } finally {
    closeSync(namespace);
  }
}

/** In the namespace: addresses, up, routes. */
function configurePod({ interfaceName, addresses, routes }: BridgePortRequest): Link {
  using socket = new NetlinkSocket('route');
  const link = requireLink(interfaceName);
  tryWriteSysctl(`net/ipv6/conf/${interfaceName}/accept_dad`, '0');
  // Neighbours learn of the pod's hardware address, also when another pod had the IP address before.
  tryWriteSysctl(`net/ipv4/conf/${interfaceName}/arp_notify`, '1');
  socket.batch(`configure ${interfaceName}`, [
    ...addresses.map((address) => newAddress(link.index, address)),
    setUp(link.index),
    ...routes.map((route) => newRoute(link.index, route)),
  ]);
  return link;
}

/** The kernel tells the state of the link asynchronously; frames are lost until the port forwards. */
function waitUntilUp(name: string): void {
  for (const pause of portPauses) {
    if (pause > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    if (requireLink(name).operational) return;
  }
  throw new Error(`bridge port ${name} does not come up`);
}

function ensureAddress(socket: NetlinkSocket, bridge: Link, cidr: string): void {
  for (const { linkIndex, family, address, prefixLength } of listAddresses()) {
    if (linkIndex !== bridge.index || family !== 4) continue;
    if (`${address}/${prefixLength}` === cidr) return;
    throw new Error(
      `failed to set bridge addr: ${JSON.stringify(bridge.name)} already has an IP address different from ${cidr}`,
    );
  }
  try {
    send(socket, `add ${cidr} to ${bridge.name}`, newAddress(bridge.index, cidr));
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  // A bridge has the lowest hardware address of its ports unless it is given one; pods would lose their gateway's.
  if (bridge.mac !== undefined)
    send(socket, `set the address of ${bridge.name}`, setMac(bridge.index, bridge.mac));
}

function forwardIpv4(): void {
  if (readSysctl('net/ipv4/ip_forward') !== '1') writeSysctl('net/ipv4/ip_forward', '1');
}

function send(socket: NetlinkSocket, what: string, request: ReturnType<typeof setUp>): void {
  socket.batch(what, [request]);
}

function requireLink(name: string): Link {
  const link = linkByName(name);
  if (link === undefined) throw new Error(`there is no interface ${name}`);
  return link;
}

/** Kernels without IPv6 have none of its parameters. */
function tryWriteSysctl(name: string, value: string): void {
  try {
    writeSysctl(name, value);
  } catch {
    // As the plugin does: a pod can do without.
  }
}
