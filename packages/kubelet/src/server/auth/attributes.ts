// What a request to the kubelet has to be allowed, as Kubernetes' authorization knows it.

/** The attributes of a request; each subresource of the node that allows it is enough. */
export interface RequestAttributes {
  /** Verb of the API: `get`, `create`, `update`, `patch`, `delete`; '' for other methods. */
  verb: string;
  resource: 'nodes';
  /** Tried in this order. */
  subresources: readonly string[];
}

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Subresources that allow less than `proxy`, which allows these paths too. */
const fineGrained: readonly [path: string, subresource: string][] = [
  ['/allocatedPods', 'pods'],
  ['/pods', 'pods'],
  ['/healthz', 'healthz'],
  ['/configz', 'configz'],
  ['/runningpods', 'pods'],
];

const exclusive: readonly [path: string, subresource: string][] = [
  ['/stats', 'stats'],
  ['/metrics', 'metrics'],
  ['/logs', 'log'],
  ['/checkpoint', 'checkpoint'],
  ['/statusz', 'statusz'],
  ['/flagz', 'configz'],
];

/** The attributes of a request of this method to this path. */
export function requestAttributes(method: string, path: string): RequestAttributes {
  const isAt = ([root]: readonly [string, string]): boolean => path === root || path.startsWith(`${root}/`);
  const fine = fineGrained.find(isAt);
  const [, general = 'proxy'] = exclusive.find(isAt) ?? [];
  return {
    verb: verbs[method] ?? '',
    resource: 'nodes',
    subresources: fine === undefined ? [general] : [fine[1], general],
  };
}
