import type { CniResult } from '@berth/cni/result/result.ts';
import { resultToJson } from '@berth/cni/result/to-json.ts';
import type { Json, JsonObject } from '@berth/cni/spec/json.ts';

/**
 * Converts a CNI result to go-cni's form, which scripts read in `crictl inspectp` with containerd:
 * `.info.cniResult.Interfaces.eth0.IPConfigs[0].IP`. An address without an interface is the pod interface's.
 */
export function goCniResult(result: CniResult, podInterface: string): JsonObject {
  const interfaces = new Map([[podInterface, goInterface({})]]);
  for (const { name, ...rest } of result.interfaces) interfaces.set(name, goInterface(rest));
  for (const { address, gateway = '', interface: index } of result.ips) {
    const { name = podInterface } = index === undefined ? {} : (result.interfaces[index] ?? {});
    const config = interfaces.get(name);
    const ip = { IP: address.replace(/\/.*$/, ''), Gateway: gateway };
    if (config !== undefined) config.IPConfigs = [...(config.IPConfigs ?? []), ip];
  }
  const { dns = {}, routes = null } = resultToJson({ ...result, cniVersion: '1.1.0' });
  const sorted = [...interfaces].sort(([a], [b]) => (a < b ? -1 : 1));
  return { Interfaces: Object.fromEntries(sorted), DNS: [dns], Routes: routes };
}

interface GoInterface extends JsonObject {
  IPConfigs: Json[] | null;
}

function goInterface(from: Partial<CniResult['interfaces'][number]>): GoInterface {
  const { mac = '', sandbox = '', pciID = '', socketPath = '' } = from;
  return { IPConfigs: null, Mac: mac, Sandbox: sandbox, PciID: pciID, SocketPath: socketPath };
}
