// A service of the API server, as variables tell of it.
import { isObject } from '@berth/common/json/is-object.ts';
import type { ServiceAddress } from './service-variables.ts';

/** The address and ports of a service; undefined when it has none of the cluster (headless, or by another name). */
export function readService(object: unknown): ServiceAddress | undefined {
  if (!isObject(object) || !isObject(object.metadata) || !isObject(object.spec)) return undefined;
  const { namespace, name } = object.metadata;
  const { clusterIP, ports } = object.spec;
  if (typeof namespace !== 'string' || typeof name !== 'string') return undefined;
  if (typeof clusterIP !== 'string' || clusterIP === '' || clusterIP === 'None') return undefined;
  return { namespace, name, clusterIP, ports: Array.isArray(ports) ? ports.flatMap(readPort) : [] };
}

function readPort(value: unknown): ServiceAddress['ports'][number][] {
  if (!isObject(value) || typeof value.port !== 'number') return [];
  const { name, port, protocol } = value;
  return [
    {
      name: typeof name === 'string' ? name : '',
      port,
      protocol: typeof protocol === 'string' && protocol !== '' ? protocol : 'TCP',
    },
  ];
}
