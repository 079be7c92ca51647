// The configurations of the reference plugins bridge and host-local that the built-in ones serve. Everything else is
// left to the programs. Pure.
import { parseNetwork } from '@berth/common/ip-address.ts';
import type { CniRoute } from '../result/result.ts';
import { isJsonObject, type Json, type JsonObject } from '../spec/json.ts';
import { networkNameProblem } from '../spec/names.ts';
import { type IpRange, ipv4Number } from './ip-range.ts';

/** A network of bridge and host-local. */
export interface BridgeConfig {
  cniVersion: string;
  bridge: string;
  mtu: number;
  hairpin: boolean;
  /** The bridge has the gateway's address. */
  isGateway: boolean;
  /** The pod's default route leads to the gateway. */
  isDefaultGateway: boolean;
  ipam: HostLocalConfig;
}

/** What host-local assigns from. */
export interface HostLocalConfig {
  /** Of the network: the folder of its leases in dataDir. */
  name: string;
  dataDir: string;
  range: IpRange;
  routes: CniRoute[];
}

const defaultBridge = 'cni0';
const defaultDataDir = '/var/lib/cni/networks';
/** Keys that say nothing, or what this does. */
const bridgeKeys = new Set(
  'name cniVersion type bridge mtu hairpinMode isGateway isDefaultGateway ipam prevResult capabilities'.split(
    ' ',
  ),
);
const ipamKeys = new Set('type dataDir ranges routes subnet rangeStart rangeEnd gateway'.split(' '));
const rangeKeys = new Set('subnet rangeStart rangeEnd gateway'.split(' '));
const routeKeys = new Set(['dst', 'gw']);

/**
 * The configuration of a bridge plugin, from its stdin. Undefined when it asks for anything that only the program does
 * (VLANs, masquerading, IPv6, requested addresses …), or is malformed: the program then says what is wrong.
 */
export function bridgeConfig(input: JsonObject): BridgeConfig | undefined {
  const { name, cniVersion, bridge = defaultBridge, mtu = 0, ipam } = input;
  const flags = ['hairpinMode', 'isGateway', 'isDefaultGateway'].map((key) => input[key] ?? false);
  if (!hasOnly(input, bridgeKeys) || !flags.every((flag) => typeof flag === 'boolean')) return undefined;
  if (
    typeof name !== 'string' ||
    networkNameProblem(name) !== undefined ||
    typeof bridge !== 'string' ||
    bridge === ''
  )
    return undefined;
  if (cniVersion !== '0.3.1' && cniVersion !== '0.4.0' && cniVersion !== '1.0.0') return undefined;
  if (typeof mtu !== 'number' || !Number.isInteger(mtu) || mtu < 0) return undefined;
  const hostLocal = isJsonObject(ipam) ? hostLocalConfig(name, ipam) : undefined;
  if (hostLocal === undefined) return undefined;
  const [hairpin = false, isGateway = false, isDefaultGateway = false] = flags;
  return {
    cniVersion,
    bridge,
    mtu,
    hairpin,
    isGateway: isGateway || isDefaultGateway,
    isDefaultGateway,
    ipam: hostLocal,
  };
}

function hostLocalConfig(name: string, ipam: JsonObject): HostLocalConfig | undefined {
  const { type, dataDir = defaultDataDir, ranges = [], routes = [], ...single } = ipam;
  if (type !== 'host-local' || !hasOnly(ipam, ipamKeys) || typeof dataDir !== 'string') return undefined;
  if (!Array.isArray(ranges) || !Array.isArray(routes)) return undefined;
  // Several ranges, and how they may overlap, are the program's to judge.
  const [set, ...sets] = [...(single['subnet'] === undefined ? [] : [[single]]), ...ranges];
  if (sets.length > 0 || !Array.isArray(set) || set.length !== 1) return undefined;
  const range = ipRange(set[0]);
  const parsedRoutes = routes.flatMap((each) => route(each) ?? []);
  if (range === undefined || parsedRoutes.length < routes.length) return undefined;
  return { name, dataDir: dataDir || defaultDataDir, range, routes: parsedRoutes };
}

/** A range with host-local's defaults: the gateway is the first address, the last one is not assigned. */
function ipRange(value: Json | undefined): IpRange | undefined {
  if (!isJsonObject(value) || !hasOnly(value, rangeKeys)) return undefined;
  const { subnet, rangeStart, rangeEnd, gateway } = value;
  const network = typeof subnet === 'string' ? parseNetwork(subnet) : undefined;
  if (network?.family !== 4 || network.prefixLength > 30) return undefined;
  const base = network.bytes.readUInt32BE();
  const hosts = 2 ** (32 - network.prefixLength);
  if (base % hosts !== 0) return undefined;
  const inside = (text: Json | undefined, fallback: number): number | undefined => {
    if (text === undefined) return fallback;
    const number = typeof text === 'string' ? ipv4Number(text) : undefined;
    return number !== undefined && number > base && number < base + hosts ? number : undefined;
  };
  const start = inside(rangeStart, base + 1);
  const end = inside(rangeEnd, base + hosts - 2);
  const router = inside(gateway, base + 1);
  if (start === undefined || end === undefined || router === undefined || start > end) return undefined;
  return { start, end, gateway: router, prefixLength: network.prefixLength };
}

function route(value: Json): CniRoute | undefined {
  if (!isJsonObject(value) || !hasOnly(value, routeKeys)) return undefined;
  const { dst, gw } = value;
  if (typeof dst !== 'string') return undefined;
  const network = parseNetwork(dst);
  // The kernel refuses a route with bits after its prefix; the program masks them.
  if (network?.family !== 4 || network.bytes.readUInt32BE() % 2 ** (32 - network.prefixLength) !== 0) {
    return undefined;
  }
  if (gw === undefined) return { dst };
  return typeof gw === 'string' && ipv4Number(gw) !== undefined ? { dst, gw } : undefined;
}

/** Whether all other fields are off. */
function hasOnly(object: JsonObject, keys: ReadonlySet<string>): boolean {
  return Object.entries(object).every(([key, value]) => keys.has(key) || isOff(value));
}

function isOff(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
