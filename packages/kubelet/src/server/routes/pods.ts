// /pods: the pods of this node with their statuses.
import type { PodWithStatus } from '../../api/pod.ts';
import type { RejectedManifest } from '../../config/pod-source.ts';
import { respondJson } from '../http/respond.ts';
import type { Route } from '../http/routes.ts';

/** /pods, as in the real kubelet. */
export function podsRoute(pods: () => PodWithStatus[]): Route {
  return {
    methods: ['GET'],
    path: '/pods',
    producesJson: true,
    handler: (_request, response) => respondJson(response, podList(pods())),
  };
}

/** /rejected, an extension that tells why a manifest does not run. */
export function rejectedRoute(rejected: () => RejectedManifest[]): Route {
  return {
    methods: ['GET'],
    path: '/rejected',
    handler: (_request, response) => respondJson(response, `${JSON.stringify(rejected())}\n`),
  };
}

/** The text of a PodList: `items` is null without pods, and items have no `kind`. */
export function podList(pods: readonly object[]): string {
  const items = pods.map((pod) => {
    const { kind: _kind, apiVersion: _apiVersion, ...rest } = { kind: '', apiVersion: '', ...pod };
    return rest;
  });
  const list = { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: items.length > 0 ? items : null };
  return `${JSON.stringify(list)}\n`;
}
