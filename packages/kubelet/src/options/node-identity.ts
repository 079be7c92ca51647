// The node's name and addresses.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { dnsSubdomain } from '../api/names.ts';
import { ConfigurationError } from './kubelet-configuration.ts';

/** The node's name: the override or the host's name, in lower case. */
export function nodeName(override: string): string {
  const name = (override || hostname()).trim().toLowerCase();
  const problem = dnsSubdomain(name);
  if (!problem) return name;
  throw new ConfigurationError(
    `the node can not be called ${JSON.stringify(name)}: ${problem}; set another name with --hostname-override`,
  );
}

/** The node's addresses: the given ones, or those of the interface of the default route. */
export function nodeIps(given: readonly string[]): string[] {
  for (const address of given) {
    if (!isIP(address))
      throw new ConfigurationError(`--node-ip: ${JSON.stringify(address)} is not an IP address`);
  }
  const problem = pairProblem(given);
  if (problem !== undefined) throw new ConfigurationError(`bad --node-ip "${given.join(',')}": ${problem}`);
  if (given.length > 0 && !given.every(isUnspecified))
    return given.filter((address) => !isUnspecified(address));
  const addresses = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    (list ?? [])
      .filter(({ internal, scopeid }) => !internal && !scopeid)
      .map((entry) => ({ name, ...entry })),
  );
  const device = defaultRouteDevice(readFileSync('/proc/net/route', 'utf8'));
  const ofDevice = addresses.filter(({ name }) => name === device);
  const chosen = ofDevice.length > 0 ? ofDevice : addresses;
  const ipv4 = chosen.find(({ family }) => family === 'IPv4')?.address;
  const ipv6 = chosen.find(({ family }) => family === 'IPv6')?.address;
  const preferred = given[0] === '::' ? [ipv6, ipv4] : [ipv4, ipv6];
  const found = preferred.filter((address) => address !== undefined);
  return found.length > 0 ? found : ['127.0.0.1'];
}

function pairProblem(given: readonly string[]): string | undefined {
  const [first = '', second = ''] = given;
  if (given.length < 2) return undefined;
  if (given.length > 2 || isIP(first) === isIP(second))
    return 'must contain either a single IP or a dual-stack pair of IPs';
  return given.some(isUnspecified) ? "dual-stack node IP cannot include '0.0.0.0' or '::'" : undefined;
}

function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** The device of the default route with the least metric, from the text of /proc/net/route. */
export function defaultRouteDevice(table: string): string | undefined {
  const routes = table
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .filter(([, destination, , , , , , mask]) => destination === '00000000' && mask === '00000000')
    .sort((a, b) => Number(a[6]) - Number(b[6]));
  return routes[0]?.[0];
}
