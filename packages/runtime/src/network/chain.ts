// Decides whether DEL may run after the namespace is removed, and which plugins a pod does not need. Pure.

import { type NetworkConfigList, parseConfList } from '@berth/cni/config/conf-list.ts';
import { isJsonObject, type Json } from '@berth/cni/spec/json.ts';

/**
 * Whether DEL needs nothing from inside the pod's network namespace, so that the namespace and its interfaces can be
 * removed first. When the bridge plugin deletes a veth pair it waits for the kernel (20 to 40 ms); removing the
 * namespace does the same in the background. True for chains of the reference plugins bridge and portmap, unless
 * bridge keeps firewall rules for each pod.
 */
export function namespaceMayGoFirst({ plugins }: NetworkConfigList): boolean {
  return plugins.every(({ type, config }) => {
    if (type === 'portmap') return true;
    if (type !== 'bridge' || config.ipMasq === true || config.macspoofchk === true) return false;
    const { ipam } = config;
    return isJsonObject(ipam) && (ipam.type === 'host-local' || ipam.type === 'static');
  });
}

/**
 * Removes from Berth's own network the plugins that would do nothing for a pod: portmap, when no host port is mapped.
 * The recorded configuration, and so DEL, omits them too.
 */
export function withoutIdlePlugins(
  list: NetworkConfigList,
  capabilities: Readonly<Record<string, Json>>,
): NetworkConfigList {
  if (capabilities.portMappings !== undefined) return list;
  const plugins = list.plugins.filter(({ type }) => type !== 'portmap');
  if (plugins.length === list.plugins.length || plugins.length === 0) return list;
  const { name, cniVersion } = list;
  return parseConfList(JSON.stringify({ cniVersion, name, plugins: plugins.map(({ config }) => config) }));
}
