// A pod network of the test's own, the same in shape for every peer.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deleteLink } from '@berth/linux/netlink/links.ts';

/**
 * Writes a bridge + host-local + portmap conflist on `subnet` (IPv4, for example 10.231.0.0/16) with the
 * leases below `dataDir`. ipMasq is off, as in berthd's own default network.
 */
export function writeConflist(options: {
  confDir: string;
  name: string;
  bridge: string;
  subnet: string;
  dataDir: string;
  /** Name of the file, `10-NAME.conflist` unless given. */
  file?: string;
}): void {
  const { confDir, name, bridge, subnet, dataDir, file = `10-${name}.conflist` } = options;
  const conflist = {
    cniVersion: '1.0.0',
    name,
    plugins: [
      {
        type: 'bridge',
        bridge,
        isGateway: true,
        ipMasq: false,
        ipam: { type: 'host-local', dataDir, ranges: [[{ subnet }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
  writeFileSync(join(confDir, file), JSON.stringify(conflist, null, 2));
}

/** Removes the bridge that the conflist's plugin made with the first pod; CNI itself never does. */
export function removeBridge(name: string): void {
  if (existsSync(`/sys/class/net/${name}`)) deleteLink(name);
}
