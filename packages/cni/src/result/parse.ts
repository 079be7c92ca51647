// Reads the JSON that a plugin prints for ADD, and that the cache keeps.
import { goField, isJsonObject, type Json, type JsonObject, jsonTypeName } from '../spec/json.ts';
import { atLeast, spokenVersion, supportedVersions } from '../spec/versions.ts';
import { canonicalCidr, canonicalIp } from './ip-text.ts';
import type { CniInterface, CniIp, CniResult, CniRoute } from './result.ts';

/** A result that does not follow the spec; the message names the field. */
export class ResultFormatError extends Error {
  override readonly name = 'ResultFormatError';
}

/**
 * Reads a result that a plugin printed.
 * @param fallbackVersion for a result without cniVersion: the version of its configuration
 * @throws ResultFormatError naming the field
 *
 * @example
 * import { convertResult } from '@berth/cni/result/result.ts';
 * import { resultToJson } from '@berth/cni/result/to-json.ts';
 *
 * // A result in the form before 0.3.0, as a plugin of 1.x gets it.
 * const old = parseResult({ cniVersion: '0.2.0', ip4: { ip: '10.0.0.2/24' } }, '0.2.0');
 * assert.deepEqual(resultToJson(convertResult(old, '1.0.0')), {
 *   cniVersion: '1.0.0',
 *   ips: [{ address: '10.0.0.2/24' }],
 * });
 */
export function parseResult(raw: unknown, fallbackVersion: string): CniResult {
  const result = raw === null ? {} : raw;
  if (!isJsonObject(result))
    throw new ResultFormatError(`must be a JSON object, but is ${jsonTypeName(raw)}`);
  const { cniVersion } = result;
  const declared = typeof cniVersion === 'string' && cniVersion !== '' ? cniVersion : fallbackVersion;
  const version = spokenVersion(declared);
  if (version === undefined) {
    throw new ResultFormatError(
      `cniVersion: ${JSON.stringify(declared)} is not supported; supported are ${supportedVersions.join(', ')}`,
    );
  }
  const dns = goField(result, 'dns') ?? {};
  if (!isJsonObject(dns)) throw wrongType('dns', 'an object', dns);
  return {
    cniVersion: version,
    ...(atLeast(version, '0.3.0') ? parseAttachment(result) : parseOldAttachment(result)),
    dns: {
      nameservers: strings(dns, 'nameservers', 'dns.'),
      domain: text(dns, 'domain', 'dns.'),
      search: strings(dns, 'search', 'dns.'),
      options: strings(dns, 'options', 'dns.'),
    },
  };
}

type Attachment = Pick<CniResult, 'interfaces' | 'ips' | 'routes'>;

function parseAttachment(result: JsonObject): Attachment {
  return {
    interfaces: list(result, 'interfaces').map(parseInterface),
    ips: list(result, 'ips').map(parseIp),
    routes: parseRoutes(result, ''),
  };
}

/** Before 0.3.0 a result has one address of each family, with its routes, and no interfaces. */
function parseOldAttachment(result: JsonObject): Attachment {
  const ips: CniIp[] = [];
  const routes: CniRoute[] = [];
  for (const family of ['ip4', 'ip6']) {
    const item = goField(result, family);
    if (item === undefined) continue;
    const where = `${family}.`;
    const fields = object(item, family);
    ips.push(withoutUndefined({ address: cidr(fields, 'ip', where), gateway: ip(fields, 'gateway', where) }));
    routes.push(...parseRoutes(fields, where));
  }
  return { interfaces: [], ips, routes };
}

function parseInterface(raw: Json, index: number): CniInterface {
  const where = `interfaces[${index}].`;
  const item = object(raw, `interfaces[${index}]`);
  return withoutUndefined({
    name: text(item, 'name', where) ?? '',
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

/** A route without a destination says nothing. */
function parseRoutes(from: JsonObject, at: string): CniRoute[] {
  return list(from, 'routes', at).flatMap((raw, index) => {
    const where = `${at}routes[${index}].`;
    const item = object(raw, `${at}routes[${index}]`);
    return goField(item, 'dst') === undefined ? [] : [parseRoute(item, where)];
  });
}

function parseRoute(item: JsonObject, where: string): CniRoute {
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

function list(from: JsonObject, field: string, where = ''): Json[] {
  const value = goField(from, field) ?? [];
  if (!Array.isArray(value)) throw wrongType(where + field, 'an array', value);
  return value;
}

function object(value: Json, field: string): JsonObject {
  if (!isJsonObject(value)) throw wrongType(field, 'an object', value);
  return value;
}

/** A string; an empty one counts as absent, as Go's omitempty has it. */
function text(from: JsonObject, field: string, where: string): string | undefined {
  const value = goField(from, field);
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw wrongType(where + field, 'a string', value);
  return value;
}

function strings(from: JsonObject, field: string, where: string): string[] | undefined {
  const value = goField(from, field);
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw wrongType(where + field, 'an array', value);
  return value.map((item, index) => {
    if (typeof item !== 'string') throw wrongType(`${where}${field}[${index}]`, 'a string', item);
    return item;
  });
}

function integer(from: JsonObject, field: string, where: string): number | undefined {
  const value = goField(from, field);
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw wrongType(where + field, 'an integer', value);
  return value;
}

function ip(from: JsonObject, field: string, where: string): string | undefined {
  const value = text(from, field, where);
  if (value === undefined) return undefined;
  const address = canonicalIp(value);
  if (address === undefined) throw new ResultFormatError(`${where}${field}: "${value}" is not an IP address`);
  return address;
}

function cidr(from: JsonObject, field: string, where: string): string {
  const value = text(from, field, where);
  if (value === undefined)
    throw wrongType(where + field, 'an address with prefix length', goField(from, field));
  const network = canonicalCidr(value);
  if (network === undefined)
    throw new ResultFormatError(`${where}${field}: "${value}" is not an IP address with prefix length`);
  return network;
}

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
