// The one interface of everything that the kubelet serves over HTTP. route-match.ts finds the route of a request as Go's
// mux and go-restful do; http-server.ts calls it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** What a request asks for, beside its headers and body. */
export interface RouteTarget {
  /** The request's path, decoded. */
  path: string;
  /** Values of the path's `{names}`, decoded. */
  params: Readonly<Record<string, string>>;
  /** The query's parameters. */
  query: URLSearchParams;
  /** The raw query without `?`, to pass on. */
  rawQuery: string;
  /**
   * Frees the connection of the time limit of plain requests, for a response that goes on while its client listens.
   * False when too many such connections are open.
   */
  keepOpen(): boolean;
  /** The connection of a request that asks to be upgraded to another protocol; octets that were read beyond its header. */
  upgrade?: { socket: Duplex; head: Buffer };
}

/**
 * Answers one request. An error that it throws becomes a 500 with its message. The event `close` of `response` tells
 * that the client is gone.
 */
export type RouteHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  target: RouteTarget,
) => void | Promise<void>;

/** One route. What its client has to be allowed follows from method and path (auth/attributes.ts). */
export interface Route {
  /**
   * Methods that it serves, `GET` without `HEAD` as in go-restful; others get a 405. `'any'` is a plain handler of Go's
   * mux: it sees every method, and its path has to match as it is, where the others allow a slash at the end.
   */
  methods: readonly string[] | 'any';
  /**
   * `/exec/{namespace}/{pod}/{container}`; `{name:*}` at the end takes the rest, which may not be empty. With `'any'`, a
   * path with a slash at the end takes everything below it.
   */
  path: string;
  /**
   * The path below which go-restful answers unknown paths; default: `path` up to its first name, without the slash.
   * When it ends in a slash, the path without that is redirected to it.
   */
  root?: string;
  /** True: refuses clients that accept no JSON. */
  producesJson?: boolean;
  handler: RouteHandler;
}
