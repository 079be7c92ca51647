// The host ports of a pod as keys that can be compared.
import type { Pod } from '../api/pod.ts';

/** Host ports of the containers that run together, as `TCP/80@address`; a port on every address has none after the `@`. */
export function hostPortsOf(pod: Pod): string[] {
  const sidecars = (pod.spec.initContainers ?? []).filter((each) => each.restartPolicy === 'Always');
  return [...sidecars, ...pod.spec.containers].flatMap((container) =>
    (container.ports ?? [])
      .filter((port) => port.hostPort)
      .map(({ protocol, hostPort, hostIP }) => `${protocol}/${hostPort}@${isAny(hostIP) ? '' : hostIP}`),
  );
}

function isAny(address: string | undefined): boolean {
  return !address || address === '0.0.0.0' || address === '::';
}
