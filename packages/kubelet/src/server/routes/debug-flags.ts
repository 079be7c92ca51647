// /debug/flags/v: sets the detail of the log while the kubelet runs.
import type { ServerResponse } from 'node:http';
import { readBody } from '../http/read-body.ts';
import { respond } from '../http/respond.ts';
import type { Route } from '../http/routes.ts';

const maxBytes = 1024;
const maxLevel = 2 ** 31 - 1;

/** The route; a PUT whose body is a number sets the verbosity. */
export function debugFlagsRoute(setVerbosity: (level: number) => void): Route {
  return {
    methods: 'any',
    path: '/debug/flags/v',
    handler: async (request, response) => {
      if (request.method !== 'PUT') {
        say(response, 406, 'unsupported http method');
        return;
      }
      const body = await readBody(request, maxBytes);
      const level = body !== undefined && /^\d{1,10}$/.test(body) ? Number(body) : undefined;
      if (level === undefined || level > maxLevel) {
        const shown = JSON.stringify(body ?? '').slice(0, 100);
        say(response, 400, `strconv.ParseUint: parsing ${shown}: invalid syntax`);
        return;
      }
      setVerbosity(level);
      say(response, 200, `successfully set klog.logging.verbosity to ${level}`);
    },
  };
}

function say(response: ServerResponse, status: number, text: string): void {
  respond(response, status, `${text}\n`, {
    'content-type': 'text/plain',
    'x-content-type-options': 'nosniff',
  });
}
