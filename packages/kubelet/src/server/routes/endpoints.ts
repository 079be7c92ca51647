// /metrics… and /stats/summary: functions that other parts of the kubelet offer, by path.
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { negotiatedEncoding } from '../http/content-encoding.ts';
import { respond } from '../http/respond.ts';
import type { Route, RouteHandler } from '../http/routes.ts';

/** Answers a request by its query. */
export type Endpoint = (
  query: URLSearchParams,
) => Promise<{ status: number; contentType: string; body: string }>;

const compress = promisify(gzip);

/** Path below which statistics are, answered by go-restful in the real kubelet: never compressed. */
const statistics = '/stats/';

/** A route for each endpoint. */
export function endpointRoutes(endpoints: Readonly<Record<string, Endpoint>>): Route[] {
  return Object.entries(endpoints).map(([path, endpoint]) => {
    const isStatistics = path.startsWith(statistics);
    const handler: RouteHandler = async ({ headers }, response, { query }) => {
      const { status, body, contentType } = await endpoint(query);
      const isCompressed = !isStatistics && negotiatedEncoding(headers['accept-encoding']) === 'gzip';
      const content = isCompressed ? await compress(body) : body;
      if (isCompressed) response.setHeader('content-encoding', 'gzip');
      respond(response, status, content, { 'content-type': contentType });
    };
    return isStatistics
      ? { methods: ['GET', 'POST'], path, root: statistics, handler }
      : { methods: 'any', path, handler };
  });
}
