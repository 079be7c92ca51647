// The variables that tell containers where the services of their namespace are.
// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables

/** A service with an address of the cluster. */
export interface ServiceAddress {
  namespace: string;
  name: string;
  clusterIP: string;
  ports: readonly { name: string; port: number; protocol: string }[];
}

/** The API server's own service, which every pod is told of. */
const apiService = { namespace: 'default', name: 'kubernetes' };

/** The services that a pod of the namespace is told of, by name. `links`: its enableServiceLinks. */
export function servicesFor(
  services: Iterable<ServiceAddress>,
  namespace: string,
  links: boolean,
): ServiceAddress[] {
  const chosen = new Map<string, ServiceAddress>();
  for (const service of services) {
    const isApi = service.namespace === apiService.namespace && service.name === apiService.name;
    if (isApi && !chosen.has(service.name)) chosen.set(service.name, service);
    else if (!isApi && links && service.namespace === namespace) chosen.set(service.name, service);
  }
  return [...chosen.values()];
}

/** The variables of these services. */
export function serviceVariables(services: readonly ServiceAddress[]): Map<string, string> {
  return new Map(services.flatMap((service) => [...hostAndPorts(service), ...links(service)]));
}

function hostAndPorts({ name, clusterIP, ports: [first, ...others] }: ServiceAddress): [string, string][] {
  const prefix = variableName(name);
  if (!first) return [];
  const named = [first, ...others].filter((port) => port.name !== '');
  return [
    [`${prefix}_SERVICE_HOST`, clusterIP],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
    ...named.map((port): [string, string] => [
      `${prefix}_SERVICE_PORT_${variableName(port.name)}`,
      String(port.port),
    ]),
  ];
}

/** As Docker's links have them. */
function links({ name, clusterIP, ports }: ServiceAddress): [string, string][] {
  const prefix = variableName(name);
  const host = clusterIP.includes(':') ? `[${clusterIP}]` : clusterIP;
  return ports.flatMap(({ port, protocol }, index): [string, string][] => {
    const scheme = protocol.toLowerCase();
    const url = `${scheme}://${host}:${port}`;
    const one = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    return [
      ...(index === 0 ? ([[`${prefix}_PORT`, url]] satisfies [string, string][]) : []),
      [one, url],
      [`${one}_PROTO`, scheme],
      [`${one}_PORT`, String(port)],
      [`${one}_ADDR`, clusterIP],
    ];
  });
}

function variableName(text: string): string {
  return text.replaceAll('-', '_').toUpperCase();
}
