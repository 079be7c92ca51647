// Finds the route of a request as the real kubelet's two routers do: Go's mux for plain handlers and redirects, and
// go-restful for routes with methods and parameters.
import type { Route } from './routes.ts';

/** What becomes of a request. */
export type Match =
  | { to: 'route'; route: Route; path: string; params: Readonly<Record<string, string>> }
  /** Another spelling of the path: no `//`, no `..`, with the slash at the end. */
  | { to: 'redirect'; location: string }
  /** No route; `isGuarded` when only an authenticated client may be told. */
  | { to: 'error'; status: 400 | 404 | 405 | 406; text: string; isGuarded: boolean; allow?: string };

/** The routes of one server, prepared for lookups. */
export interface RouteIndex {
  /** Finds the route of a request: its method, its path as it came, without the query, and its Accept header. */
  match(method: string, rawPath: string, accept?: string): Match;
  /** First parts of all paths (`exec`, `metrics/cadvisor`), which label requests in metrics. */
  buckets: ReadonlySet<string>;
  /** Paths of the plain handlers, which /statusz lists. */
  plainPaths: readonly string[];
}

interface MethodRoute {
  route: Route;
  methods: readonly string[];
  tokens: readonly string[];
}

/** All routes with methods below one path: what go-restful calls a web service. */
interface Service {
  root: string;
  /** Whether the path without its slash is redirected to the one with it. */
  redirects: boolean;
  routes: MethodRoute[];
}

/** Prepares the routes of a server. */
export function indexRoutes(routes: readonly Route[]): RouteIndex {
  const plain = new Map<string, Route>();
  const services = new Map<string, Service>();
  for (const route of routes) {
    const { methods, path } = route;
    if (methods === 'any') {
      plain.set(path, route);
      continue;
    }
    const { root: declared = path.replace(/\/?(\{.*)?$/s, '') } = route;
    const root = declared.replace(/\/$/, '');
    const service = services.get(root) ?? { root, redirects: declared.endsWith('/'), routes: [] };
    service.routes.push({ route, methods, tokens: tokensOf(path) });
    services.set(root, service);
  }
  const trees = [...plain].filter(([path]) => path.endsWith('/'));
  return {
    match: (method, rawPath, accept = '*/*') => {
      const clean = cleanPath(rawPath);
      const path = decoded(clean);
      if (path === undefined) return { to: 'error', status: 400, text: '400 Bad Request', isGuarded: false };
      const exact = plain.get(path);
      const service = [...services.values()].find(({ root }) => path === root || path.startsWith(`${root}/`));
      const tree = trees.find(([root]) => path.startsWith(root))?.[1];
      const bare =
        trees.some(([root]) => root === `${path}/`) || (service?.redirects && path === service.root);
      if (exact === undefined && bare) return { to: 'redirect', location: `${clean}/` };
      if (clean !== rawPath) return { to: 'redirect', location: clean };
      const handler = exact ?? (service === undefined ? tree : undefined);
      if (handler !== undefined) return { to: 'route', route: handler, path, params: {} };
      if (service !== undefined) return matchService(service, method, path, accept);
      return { to: 'error', status: 404, text: '404 page not found\n', isGuarded: false };
    },
    buckets: new Set(routes.map(({ path }) => bucketOf(path))),
    plainPaths: [...plain.keys()],
  };
}

function matchService({ routes }: Service, method: string, path: string, accept: string): Match {
  const tokens = tokensOf(path);
  const candidates = routes.flatMap((each) => {
    const params = parametersOf(each.tokens, tokens);
    return params === undefined ? [] : [{ ...each, params }];
  });
  if (candidates.length === 0) {
    return { to: 'error', status: 404, text: '404: Page Not Found', isGuarded: true };
  }
  const found = candidates.find(({ methods }) => methods.includes(method));
  if (found?.route.producesJson && !acceptsJson(accept)) {
    const text = '406: Not Acceptable\n\nAvailable representations: application/json';
    return { to: 'error', status: 406, text, isGuarded: true };
  }
  if (found !== undefined) return { to: 'route', route: found.route, path, params: found.params };
  const allow = [...new Set(candidates.flatMap(({ methods }) => methods))].join(', ');
  return { to: 'error', status: 405, text: '405: Method Not Allowed', isGuarded: true, allow };
}

/** The values of a pattern's names; undefined when the path does not match. */
function parametersOf(
  pattern: readonly string[],
  tokens: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const token = tokens[index];
    if (token === undefined) return undefined;
    const [, name, rest] = /^\{(.*?)(:\*)?\}$/.exec(part) ?? [];
    if (name === undefined && part !== token) return undefined;
    if (name !== undefined && rest !== undefined) {
      return { ...params, [name]: tokens.slice(index).join('/') };
    }
    if (name !== undefined) params[name] = token;
  }
  return pattern.length === tokens.length ? params : undefined;
}

function acceptsJson(accept: string): boolean {
  return accept.split(',').some((each) => /^\s*(\*\/\*|application\/json)\s*(;|$)/.test(each));
}

function tokensOf(path: string): string[] {
  return path.replace(/^\/+|\/+$/g, '').split('/');
}

function bucketOf(path: string): string {
  const [first = '', second] = tokensOf(path);
  return first === 'metrics' && second !== undefined ? `${first}/${second}` : first;
}

/** The shortest path that means the same, as Go's path.Clean has it, but with a slash at the end kept. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const clean = `/${parts.join('/')}`;
  return path.endsWith('/') && clean !== '/' ? `${clean}/` : clean;
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
