// Counts requests to the API server, by the names that client-go gives them.
import type { AnsweredRequest } from '../apiserver/api-server.ts';
import type { MetricsRegistry } from './registry.ts';

/** Bounds of durations, in seconds. */
const bounds = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

/** The families; the result is told of each request. */
export function countRequests(registry: MetricsRegistry): (answered: AnsweredRequest) => void {
  const requests = registry.counter(
    'rest_client_requests_total',
    'Requests to API servers, by the code of the answer; <error> without one.',
    ['code', 'method', 'host'],
  );
  const durations = registry.histogram(
    'rest_client_request_duration_seconds',
    'Seconds until an answer of an API server began.',
    ['verb', 'host'],
    bounds,
  );
  return ({ code, method, host, seconds }) => {
    requests.inc({ code, method, host });
    durations.observe({ verb: method, host }, seconds);
  };
}
