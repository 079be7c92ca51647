// The paths that answer that they are turned off, where a client might not find out otherwise.
import { respondError } from '../http/respond.ts';
import type { Route } from '../http/routes.ts';

/** Every request to this path, and below it when it ends in a slash, is told that it is turned off. */
export function disabledRoute(path: string, message: string): Route {
  return { methods: 'any', path, handler: (_request, response) => respondError(response, 405, message) };
}

/** What a server without debugging handlers serves in their place. */
export const debuggingDisabled: readonly Route[] = [
  '/run/',
  '/exec/',
  '/attach/',
  '/portForward/',
  '/containerLogs/',
  '/runningpods/',
  '/debug/pprof/',
  '/logs/',
].map((path) => disabledRoute(path, 'Debug endpoints are disabled.'));
