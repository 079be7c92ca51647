import { isIP } from 'node:net';
import { isJsonObject, type Json, type JsonObject, jsonTypeName } from './json.ts';
import { atLeast, CNI_VERSIONS, type CniVersion, isCniVersion } from './versions.ts';

/** An interface that the network made, in the sandbox when `sandbox` is set. */
export interface CniInterface {
  name: string;
  mac?: string;
  mtu?: number;
  /** Path of the network namespace; absent for an interface of the host. */
  sandbox?: string;
  socketPath?: string;
  pciID?: string;
}

/** An address that the network assigned. */
export interface CniIp {
  /** In CIDR notation: 10.88.0.2/16 */
  address: string;
  gateway?: string;
  /** Index into `interfaces`. */
  interface?: number;
}

export interface CniRoute {
  /** In CIDR notation. */
  dst: string;
  gw?: string;
  mtu?: number;
  advmss?: number;
  priority?: number;
  table?: number;
  scope?: number;
}

export interface CniDns {
  nameservers?: string[];
  domain?: string;
  search?: string[];
  options?: string[];
}

/** The outcome of ADD, in the shape of spec 1.x whatever version the plugin spoke. */
export interface CniResult {
  /** The version that the result came in, and that `resultToJson` writes. */
  cniVersion: CniVersion;
  interfaces: CniInterface[];
  ips: CniIp[];
  routes: CniRoute[];
  dns: CniDns;
}

/** A result that does not follow the spec; the message names the field. */
export class ResultFormatError extends Error {
  override readonly name = 'ResultFormatError';
}

/**
 * Reads a result that a plugin printed.
 * @param fallbackVersion for a result without cniVersion: the version of its configuration
 * @throws ResultFormatError naming the field
 */
export function parseResult(raw: unknown, fallbackVersion: CniVersion): CniResult {
  const result = raw === null ? {} : raw;
  if (!isJsonObject(result))
    throw new ResultFormatError(`must be a JSON object, but is ${jsonTypeName(raw)}`);
  const { cniVersion } = result;
  const version = cniVersion === undefined || cniVersion === '' ? fallbackVersion : cniVersion;
  if (typeof version !== 'string' || !isCniVersion(version)) {
    throw new ResultFormatError(
      `cniVersion: ${JSON.stringify(version)} is not supported; supported are ${CNI_VERSIONS.join(', ')}`,
    );
  }
  const dns = result.dns ?? {};
  if (!isJsonObject(dns)) throw wrongType('dns', 'an object', dns);
  return {
    cniVersion: version,
    interfaces: list(result, 'interfaces').map(parseInterface),
    ips: list(result, 'ips').map(parseIp),
    routes: list(result, 'routes').map(parseRoute),
    dns: {
      nameservers: strings(dns, 'nameservers', 'dns.'),
      domain: text(dns, 'domain', 'dns.'),
      search: strings(dns, 'search', 'dns.'),
      options: strings(dns, 'options', 'dns.'),
    },
  };
}

/**
 * Writes a result as JSON in its own version (`prevResult` of the next plugin, the cache).
 * Empty fields are left out, as libcni leaves them out.
 */
export function resultToJson(result: CniResult): JsonObject {
  const withVersions = !atLeast(result.cniVersion, '1.0.0');
  const json: JsonObject = { cniVersion: result.cniVersion };
  if (result.interfaces.length > 0) {
    json.interfaces = result.interfaces.map((item) =>
      withVersions
        ? compact({ name: item.name, mac: item.mac, sandbox: item.sandbox })
        : compact({ ...item }),
    );
  }
  if (result.ips.length > 0) {
    json.ips = result.ips.map((item) =>
      compact(withVersions ? { version: item.address.includes(':') ? '6' : '4', ...item } : { ...item }),
    );
  }
  if (result.routes.length > 0) json.routes = result.routes.map((route) => compact({ ...route }));
  const dns = compact({ ...result.dns });
  if (Object.keys(dns).length > 0) json.dns = dns;
  return json;
}

/** The same result in another version of the spec. */
export function convertResult(result: CniResult, cniVersion: CniVersion): CniResult {
  return { ...result, cniVersion };
}

/**
 * The pod's own addresses, without prefix lengths: those on an interface inside the sandbox, or all
 * of them when the plugin does not say on which interface they are.
 */
export function sandboxAddresses(result: CniResult): string[] {
  return result.ips
    .filter(({ interface: index }) => {
      if (index === undefined) return true;
      const item = result.interfaces[index];
      return item === undefined || item.sandbox !== undefined;
    })
    .map(({ address }) => address.replace(/\/.*$/, ''));
}

function parseInterface(raw: Json, index: number): CniInterface {
  const where = `interfaces[${index}].`;
  const item = object(raw, `interfaces[${index}]`);
  const name = text(item, 'name', where);
  if (name === undefined) throw wrongType(`${where}name`, 'a string', item.name);
  return withoutUndefined({
    name,
    mac: text(item, 'mac', where),
    mtu: integer(item, 'mtu', where),
    sandbox: text(item, 'sandbox', where),
    socketPath: text(item, 'socketPath', where),
    pciID: text(item, 'pciID', where),
  });
}

function parseIp(raw: Json, index: number): CniIp {
  const where = `ips[${index}].`;
  const item = object(raw, `ips[${index}]`);
  return withoutUndefined({
    address: cidr(item, 'address', where),
    gateway: ip(item, 'gateway', where),
    interface: integer(item, 'interface', where),
  });
}

function parseRoute(raw: Json, index: number): CniRoute {
  const where = `routes[${index}].`;
  const item = object(raw, `routes[${index}]`);
  return withoutUndefined({
    dst: cidr(item, 'dst', where),
    gw: ip(item, 'gw', where),
    mtu: integer(item, 'mtu', where),
    advmss: integer(item, 'advmss', where),
    priority: integer(item, 'priority', where),
    table: integer(item, 'table', where),
    scope: integer(item, 'scope', where),
  });
}

function list(from: JsonObject, field: string): Json[] {
  const value = from[field] ?? [];
  if (!Array.isArray(value)) throw wrongType(field, 'an array', value);
  return value;
}

function object(value: Json, field: string): JsonObject {
  if (!isJsonObject(value)) throw wrongType(field, 'an object', value);
  return value;
}

/** A string; an empty one counts as absent, as Go's omitempty has it. */
function text(from: JsonObject, field: string, where: string): string | undefined {
  const value = from[field];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw wrongType(where + field, 'a string', value);
  return value;
}

function strings(from: JsonObject, field: string, where: string): string[] | undefined {
  const value = from[field];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw wrongType(where + field, 'an array', value);
  return value.map((item, index) => {
    if (typeof item !== 'string') throw wrongType(`${where}${field}[${index}]`, 'a string', item);
    return item;
  });
}

function integer(from: JsonObject, field: string, where: string): number | undefined {
  const value = from[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw wrongType(where + field, 'an integer', value);
  return value;
}

function ip(from: JsonObject, field: string, where: string): string | undefined {
  const value = text(from, field, where);
  if (value !== undefined && isIP(value) === 0)
    throw new ResultFormatError(`${where}${field}: "${value}" is not an IP address`);
  return value;
}

function cidr(from: JsonObject, field: string, where: string): string {
  const value = text(from, field, where);
  if (value === undefined) throw wrongType(where + field, 'an address with prefix length', from[field]);
  const [, address = '', prefix = ''] = /^([^/]+)\/(\d{1,3})$/.exec(value) ?? [];
  const family = isIP(address);
  if (family === 0 || Number(prefix) > (family === 4 ? 32 : 128)) {
    throw new ResultFormatError(`${where}${field}: "${value}" is not an IP address with prefix length`);
  }
  return value;
}

/** JSON as Go's omitempty writes it: without undefined, empty strings and empty arrays, and without a zero mtu. */
function compact(fields: Record<string, Json | undefined>): JsonObject {
  const json: JsonObject = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) continue;
    if (value === 0 && ZERO_MEANS_UNSET.has(key)) continue;
    json[key] = value;
  }
  return json;
}

const ZERO_MEANS_UNSET = new Set(['mtu', 'advmss', 'priority']);

function withoutUndefined<T extends object>(fields: T): T {
  for (const key of Object.keys(fields)) {
    if (Reflect.get(fields, key) === undefined) Reflect.deleteProperty(fields, key);
  }
  return fields;
}

function wrongType(field: string, wanted: string, value: unknown): ResultFormatError {
  if (value === undefined) return new ResultFormatError(`${field}: missing; must be ${wanted}`);
  return new ResultFormatError(`${field}: must be ${wanted}, but is ${jsonTypeName(value)}`);
}
