// The network that berthd configures when the node has none: subnets, conflist and file name.

import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { makeDirectories } from '@berth/common/files/directories.ts';
import { replaceFile } from '@berth/common/files/replace-file.ts';
import { defaultBridge, defaultFile } from './default-names.ts';

/** The nftables table with the masquerade rule of the default network. */
export const masqueradeTableName = 'berth';

const networkName = 'berth';
const ipv6Subnet = 'fd00:10:88::/64';

/** An address of the host. */
export interface HostAddress {
  readonly interface: string;
  readonly address: string;
}

/**
 * The subnets of the default network: 10.88.0.0/16, or the next candidate without an address of the host, and an IPv6
 * one when the host has a global IPv6 address.
 * @throws when the host has an address in every candidate
 */
export function chooseSubnets(addresses: readonly HostAddress[]): string[] {
  const foreign = addresses.filter((item) => item.interface !== defaultBridge);
  const free = Array.from({ length: 16 }, (_, index) => `10.${88 + index}.0.0`).find((network) => {
    const subnet = new BlockList();
    subnet.addSubnet(network, 16);
    return foreign.every(({ address }) => isIPv6(address) || !subnet.check(address));
  });
  if (free === undefined) {
    throw new Error(
      `no free subnet for pods between 10.88.0.0/16 and 10.103.0.0/16; write a CNI configuration`,
    );
  }
  const global = foreign.some(({ address }) => isIPv6(address) && /^[23]/.test(address));
  return global ? [`${free}/16`, ipv6Subnet] : [`${free}/16`];
}

/**
 * The text of the default network. ipMasq is off: the bridge plugin's rules for each pod take 30 ms per ADD and 90 ms
 * per DEL; berthd adds one masquerade rule for the whole node instead.
 */
export function defaultConflist(subnets: readonly string[]): string {
  const routes = subnets.map((subnet) => ({
    dst: isIPv6(subnet.replace(/\/.*/, '')) ? '::/0' : '0.0.0.0/0',
  }));
  const list = {
    cniVersion: '1.0.0',
    name: networkName,
    plugins: [
      {
        type: 'bridge',
        bridge: defaultBridge,
        isGateway: true,
        ipMasq: false,
        hairpinMode: true,
        ipam: { type: 'host-local', ranges: subnets.map((subnet) => [{ subnet }]), routes },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
  return `${JSON.stringify(list, undefined, 2)}\n`;
}

/** Writes the default network's conflist atomically into a directory. */
export async function writeDefaultNetwork(confDir: string): Promise<void> {
  const text = defaultConflist(chooseSubnets(hostAddresses()));
  await makeDirectories(confDir, 0o755);
  await replaceFile(join(confDir, defaultFile), text, { mode: 0o600 });
}

function hostAddresses(): HostAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.map(({ address }) => ({ interface: name, address })),
  );
}
