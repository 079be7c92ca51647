// The services of the cluster, for the variables of containers.
import type { Pod } from '../../api/pod.ts';
import { isStatic } from '../../api/pod-source-of.ts';
import type { ApiObject, Resource } from '../../apiserver/api-client.ts';
import { readService } from '../../env/read-service.ts';
import { type ServiceAddress, servicesFor, serviceVariables } from '../../env/service-variables.ts';

/** Where services are in the API. */
export const serviceResource: Resource = { group: '', version: 'v1', plural: 'services' };

/** Of a service, only what variables tell is kept: a cluster has thousands. */
export function withoutDetails(service: ApiObject): ApiObject {
  const { name, namespace, resourceVersion, uid } = service.metadata ?? {};
  const { clusterIP, ports } = Object(Reflect.get(service, 'spec'));
  const metadata = Object.fromEntries(
    Object.entries({ name, namespace, resourceVersion, uid }).filter(([, value]) => value !== undefined),
  );
  return Object.assign({ metadata }, { spec: { clusterIP, ports } });
}

/** What containers are told of services. */
export class ClusterServices {
  #services: readonly ServiceAddress[] | undefined;

  /** Sets all services of the cluster. */
  set(objects: Iterable<unknown>): void {
    this.#services = [...objects].flatMap((object) => readService(object) ?? []);
  }

  /** Whether the services were read. */
  get hasSynced(): boolean {
    return this.#services !== undefined;
  }

  /** The variables for the containers of a pod. Throws while the services are not known, unless the pod is static. */
  variables(pod: Pod): ReadonlyMap<string, string> {
    if (this.#services === undefined && !isStatic(pod)) {
      throw new Error('services have not yet been read at least once, cannot construct envvars');
    }
    const { metadata, spec } = pod;
    return serviceVariables(servicesFor(this.#services ?? [], metadata.namespace, spec.enableServiceLinks));
  }
}
