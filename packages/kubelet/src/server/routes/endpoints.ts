// /metrics… and /stats/summary: functions that other parts of the kubelet offer, by path.
import { respond } from '../http/respond.ts';
import type { Route, RouteHandler } from '../http/routes.ts';

/** Answers a request by its query. */
export type Endpoint = (
  query: URLSearchParams,
) => Promise<{ status: number; contentType: string; body: string }>;

/** Path below which statistics are, answered by go-restful in the real kubelet. */
const statistics = '/stats/';

/** A route for each endpoint. */
export function endpointRoutes(endpoints: Readonly<Record<string, Endpoint>>): Route[] {
  return Object.entries(endpoints).map(([path, endpoint]) => {
    const handler: RouteHandler = async (_request, response, { query }) => {
      const { status, body, contentType } = await endpoint(query);
      respond(response, status, body, { 'content-type': contentType });
    };
    return path.startsWith(statistics)
      ? { methods: ['GET', 'POST'], path, root: statistics, handler }
      : { methods: 'any', path, handler };
  });
}
