// `status.addresses` of a node, and the annotation by which an external cloud provider learns of --node-ip.
import { isIP } from 'node:net';
import type { NodeAddress } from 'kubernetes-types/core/v1.d.ts';

/** Tells an external cloud provider which addresses were given. */
export const providedAddressAnnotation = 'alpha.kubernetes.io/provided-node-ip';

/** What the addresses follow from. */
export interface AddressFacts {
  hostname: string;
  /** The addresses of --node-ip; `0.0.0.0` and `::` only choose a family. */
  given: readonly string[];
  /** Whether a cloud provider's controller sets the addresses: --cloud-provider=external. */
  hasExternalProvider: boolean;
  /** Addresses of the machine's interfaces. */
  local: readonly string[];
  /** What the node's name resolves to. */
  resolved: readonly string[];
  /** The address of the default route's interface in the family that `given` chooses. */
  ofDefaultRoute: string | undefined;
}

/** The addresses, or why the former ones stay. */
export type Addresses = { addresses: NodeAddress[]; annotation: string | undefined } | { problem: string };

/** The addresses of a node that had `former` ones. */
export function nodeAddresses(former: readonly NodeAddress[], facts: AddressFacts): Addresses {
  const { hostname, given, hasExternalProvider } = facts;
  const specified = given.filter((address) => !isUnspecified(address));
  for (const [index, address] of specified.entries()) {
    const problem = addressProblem(address, facts.local);
    const which = index === 0 ? 'nodeIP' : 'secondaryNodeIP';
    if (problem !== undefined) return { problem: `failed to validate ${which}: ${problem}` };
  }
  const annotation = hasExternalProvider && specified.length > 0 ? specified.join(',') : undefined;
  const withHostName = (addresses: readonly string[]): Addresses => ({
    addresses: [
      ...addresses.map((address) => ({ type: 'InternalIP', address })),
      { type: 'Hostname', address: hostname },
    ],
    annotation,
  });
  if (hasExternalProvider && former.length > 0) return { addresses: [...former], annotation };
  if (hasExternalProvider && given.length === 0) return withHostName([]);
  if (specified.length > 0) return withHostName(specified);
  const found = isIP(hostname) > 0 ? hostname : (resolvedAddress(facts) ?? facts.ofDefaultRoute);
  return found === undefined
    ? { problem: `can't get ip address of node ${hostname}. error: no default routes found` }
    : withHostName([found]);
}

/** The first usable address in the chosen family, or else the first usable one. */
function resolvedAddress({ resolved, local, given }: AddressFacts): string | undefined {
  const usable = resolved.filter((address) => addressProblem(address, local) === undefined);
  const family = given[0] !== undefined && isIP(given[0]) === 6 ? 6 : 4;
  return usable.find((address) => isIP(address) === family) ?? usable[0];
}

function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** Why an address can not be the node's. */
function addressProblem(address: string, local: readonly string[]): string | undefined {
  if (/^127\.|^::1$/.test(address)) return "nodeIP can't be loopback address";
  if (/^(22[4-9]|23\d)\.|^ff/i.test(address)) return "nodeIP can't be a multicast address";
  if (/^169\.254\.|^fe[89ab]/i.test(address)) return "nodeIP can't be a link-local unicast address";
  if (isUnspecified(address)) return "nodeIP can't be an all zeros address";
  if (local.includes(address)) return undefined;
  return `node IP: ${JSON.stringify(address)} not found in the host's network interfaces`;
}
