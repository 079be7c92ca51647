// Writes a result in the format of any spec version: `prevResult` for the next plugin, and the cache.
import type { Json, JsonObject } from '../spec/json.ts';
import { atLeast } from '../spec/versions.ts';
import type { CniResult } from './result.ts';

/**
 * A result as JSON in its own version, for `prevResult` of the next plugin and for the cache. Omits empty fields, as
 * libcni does; before 1.0.0 it writes an empty `dns`.
 */
export function resultToJson(result: CniResult): JsonObject {
  const withVersions = !atLeast(result.cniVersion, '1.0.0');
  if (!atLeast(result.cniVersion, '0.3.0')) return oldResultToJson(result);
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
  if (withVersions || Object.keys(dns).length > 0) json.dns = dns;
  return json;
}

function oldResultToJson({ cniVersion, ips, routes, dns }: CniResult): JsonObject {
  const json: JsonObject = { cniVersion };
  for (const [family, isOfFamily] of [
    ['ip4', (address: string) => !address.includes(':')],
    ['ip6', (address: string) => address.includes(':')],
  ] as const) {
    const first = ips.find(({ address }) => isOfFamily(address));
    if (first === undefined) continue;
    const own = routes.filter(({ dst }) => isOfFamily(dst)).map((route) => compact({ ...route }));
    json[family] = compact({ ip: first.address, gateway: first.gateway, routes: own });
  }
  json.dns = compact({ ...dns });
  return json;
}

/** Go's omitempty: drops undefined, empty strings, empty arrays, and zeros of fields in zeroMeansUnset. */
function compact(fields: Record<string, Json | undefined>): JsonObject {
  const json: JsonObject = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) continue;
    if (value === 0 && zeroMeansUnset.has(key)) continue;
    json[key] = value;
  }
  return json;
}

const zeroMeansUnset = new Set(['mtu', 'advmss', 'priority']);
