// Lists and watches by the client of an API server, for those who take all objects at once.

import type { ApiClient, ApiObject, Resource, Selection } from './api-client.ts';
import { ListWatch } from './list-watch.ts';
import type { Listing } from './object-feed.ts';

/** What is listed. */
export interface ListingOptions {
  resource: Resource;
  selection?: Selection;
  /** Makes what is kept of an object. */
  transform?: (object: ApiObject) => ApiObject;
}

/** A listing of a kind of objects. */
export function listingOf(client: ApiClient, options: ListingOptions): Listing {
  const { resource, selection = {}, transform } = options;
  return (onChange) => {
    const watch = new ListWatch<ApiObject>({
      client,
      resource,
      selection,
      ...(transform && { transform }),
      onSynced: onChange,
      onAdd: onChange,
      onUpdate: onChange,
      onDelete: onChange,
    });
    return { objects: () => watch.list(), start: () => watch.start(), stop: () => watch.stop() };
  };
}
