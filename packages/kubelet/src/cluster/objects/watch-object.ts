// Watches one ConfigMap or Secret by the client of an API server.
import type { ApiClient, ApiObject } from '../../apiserver/api-client.ts';
import { ListWatch } from '../../apiserver/list-watch.ts';
import { objectResources } from './object-resources.ts';
import type { WatchObject } from './watched-objects.ts';

/** Watches single ConfigMaps and Secrets by their names, as the Node authorizer allows. */
export function watchObjectBy(client: ApiClient): WatchObject {
  return ({ kind, namespace, name }, onObject) => {
    const told = (): void => onObject(watch.get(`${namespace}/${name}`));
    const watch = new ListWatch<ApiObject>({
      client,
      resource: objectResources[kind],
      selection: { namespace, fieldSelector: `metadata.name=${name}` },
      onSynced: told,
      onAdd: told,
      onUpdate: told,
      onDelete: told,
    });
    watch.start();
    return { stop: () => void watch.stop() };
  };
}
