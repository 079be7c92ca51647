// Reads what the node's addresses follow from: interfaces, routes, and what the node's name resolves to.
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { untilAborted } from '@berth/common/abort.ts';
import { nodeIps } from '../../options/node-identity.ts';
import type { AddressFacts } from '../status/addresses.ts';

/** A slow name server delays a status by this much at most. */
const lookupTimeoutMs = 2000;

/** Reads them now. `given`: the addresses of --node-ip. */
export async function readAddresses({
  hostname,
  given,
  hasExternalProvider,
}: Pick<AddressFacts, 'hostname' | 'given' | 'hasExternalProvider'>): Promise<AddressFacts> {
  const isChosen = given.some((address) => address !== '0.0.0.0' && address !== '::');
  const [ofDefaultRoute] = isChosen ? [] : nodeIps(given);
  return {
    hostname,
    given,
    hasExternalProvider,
    local: Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
    resolved: isChosen ? [] : await resolved(hostname),
    ofDefaultRoute: ofDefaultRoute === '127.0.0.1' ? undefined : ofDefaultRoute,
  };
}

async function resolved(hostname: string): Promise<string[]> {
  try {
    const found = await untilAborted(lookup(hostname, { all: true }), AbortSignal.timeout(lookupTimeoutMs));
    return found.map(({ address }) => address);
  } catch {
    // Most hosts have a name that nobody else knows.
    return [];
  }
}
