// Where an object or a list of them is on an API server.
import type { Resource } from './api-client.ts';

/** What a path names: all objects of a kind, those of a namespace, or one. */
export interface Target {
  namespace?: string | undefined;
  name?: string | undefined;
  subresource?: string | undefined;
}

/** Parameters of a query; undefined ones are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The path and query of a request, e.g. `/apis/apps/v1/namespaces/default/deployments/web/status`. */
export function requestPath(resource: Resource, target: Target, query: Query = {}): string {
  const { group, version, plural } = resource;
  const { namespace, name, subresource } = target;
  const parts = [
    ...(group === '' ? ['api'] : ['apis', group]),
    version,
    ...(namespace === undefined ? [] : ['namespaces', namespace]),
    plural,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined ? [] : subresource.split('/')),
  ];
  const parameters = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`],
  );
  const path = `/${parts.map(segment).join('/')}`;
  return parameters.length === 0 ? path : `${path}?${parameters.join('&')}`;
}

/** A name that is empty or has dots only would name another object. */
function segment(part: string): string {
  if (part === '' || part === '.' || part === '..' || part.includes('/') || part.includes('%')) {
    throw new Error(`${JSON.stringify(part)} cannot be a part of the path of an API request`);
  }
  return encodeURIComponent(part);
}
