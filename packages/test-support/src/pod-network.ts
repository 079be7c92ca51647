// A pod network of the test's own, the same in shape for every peer.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deleteLink } from '@berth/linux/netlink/links.ts';
import { type Subnet, takeSubnet } from './subnets.ts';

/** A bridge and a subnet that no other test has, until it is disposed of. */
export class PodNetwork implements Disposable {
  /** Of the network, in conflists. */
  readonly name: string;
  readonly bridge: string;
  /** E.g. `10.200.0.0/16`. */
  readonly subnet: string;
  /** The bridge's own address. */
  readonly gateway: string;
  readonly #taken: Subnet;

  private constructor(name: string, taken: Subnet) {
    this.name = name;
    this.bridge = `brtest${taken.number}`;
    this.subnet = taken.cidr;
    this.gateway = `10.${taken.number}.0.1`;
    this.#taken = taken;
  }

  /** Takes a free subnet for the network `name`. */
  static async take(name: string): Promise<PodNetwork> {
    return new PodNetwork(name, await takeSubnet());
  }

  /**
   * Writes a conflist of bridge, host-local and portmap, with the leases in `dataDir`. ipMasq is off, as in berthd's
   * own default network.
   *
   * @param options.file name of the file, `10-NAME.conflist` unless given
   */
  writeConflist(options: { confDir: string; dataDir: string; file?: string }): void {
    const { confDir, dataDir, file = `10-${this.name}.conflist` } = options;
    const { name, bridge, subnet } = this;
    const ipam = { type: 'host-local', dataDir, ranges: [[{ subnet }]], routes: [{ dst: '0.0.0.0/0' }] };
    const plugins = [
      { type: 'bridge', bridge, isGateway: true, ipMasq: false, ipam },
      { type: 'portmap', capabilities: { portMappings: true } },
    ];
    writeFileSync(join(confDir, file), JSON.stringify({ cniVersion: '1.0.0', name, plugins }, null, 2));
  }

  /** Whether an address is one of the subnet's. */
  has(address: string): boolean {
    return new RegExp(`^10\\.${this.#taken.number}\\.\\d+\\.\\d+$`).test(address);
  }

  /** Removes the bridge, which the plugin made with the first pod and CNI never removes, and frees the subnet. */
  [Symbol.dispose](): void {
    if (existsSync(`/sys/class/net/${this.bridge}`)) deleteLink(this.bridge);
    this.#taken[Symbol.dispose]();
  }
}
