// The pods of a node in the API.
import type { ApiClient, ApiObject, Resource } from '../../apiserver/api-client.ts';
import { listingOf } from '../../apiserver/listing.ts';
import { ObjectFeed } from '../../apiserver/object-feed.ts';

/** Where pods are. */
export const podResource: Resource = { group: '', version: 'v1', plural: 'pods' };

/** All pods that are bound to the node, from when `ready` has resolved. */
export function podFeed(
  client: ApiClient,
  nodeName: string,
  ready: (signal: AbortSignal) => Promise<void>,
): ObjectFeed {
  const selection = { fieldSelector: `spec.nodeName=${nodeName}` };
  const listing = listingOf(client, { resource: podResource, selection, transform: withoutManagedFields });
  return new ObjectFeed(listing, ready);
}

/** The bookkeeping of server-side apply is as large as the rest. */
function withoutManagedFields(object: ApiObject): ApiObject {
  const { managedFields: _, ...metadata } = object.metadata ?? {};
  return { ...object, metadata };
}
