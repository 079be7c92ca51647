// /debug/pprof: profiles for `go tool pprof`, as far as Node.js has them: processor and heap.
import type { ServerResponse } from 'node:http';
import { respond, respondError } from '../http/respond.ts';
import type { Route } from '../http/routes.ts';

const defaultSeconds = 30;
const maxSeconds = 300;
/** The heap has no profile of what was allocated before it is asked for. */
const defaultHeapSeconds = 5;

let isProfiling = false;

/** The route of all profiles; `argv` is the command line. */
export function profilingRoute(argv: readonly string[]): Route {
  return {
    methods: ['GET'],
    path: '/debug/pprof/{profile:*}',
    root: '/debug/pprof/',
    handler: async (_request, response, { params, query, keepOpen }) => {
      const { profile = '' } = params;
      if (profile === 'cmdline') return sayText(response, argv.join('\0'));
      // Profiles have their symbols in them.
      if (profile === 'symbol') return sayText(response, 'num_symbols: 0\n');
      if (profile !== 'profile' && profile !== 'heap') return refuse(response, 404, 'Unknown profile');
      const isHeap = profile === 'heap';
      const seconds = secondsOf(query.get('seconds'), isHeap ? defaultHeapSeconds : defaultSeconds);
      if (seconds > maxSeconds) {
        return refuse(response, 400, `profile duration exceeds ${maxSeconds} seconds`);
      }
      if (isProfiling) {
        return refuse(response, 500, 'Could not enable CPU profiling: cpu profiling already in use');
      }
      if (!keepOpen()) return refuse(response, 503, 'too many streams are open; try again later');
      isProfiling = true;
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      try {
        const { recordCpuPprof, recordHeapPprof } = await import('@berth/pprof/record.ts');
        const record = isHeap ? recordHeapPprof : recordCpuPprof;
        respond(response, 200, await record(seconds, gone.signal), {
          'content-type': 'application/octet-stream',
          'content-disposition': `attachment; filename="${profile}"`,
          'x-content-type-options': 'nosniff',
        });
      } finally {
        isProfiling = false;
      }
    },
  };
}

/** As Go reads it: what is not a positive number is as if it were not there. */
function secondsOf(text: string | null, fallback: number): number {
  const seconds = Number(text ?? fallback);
  return seconds > 0 ? seconds : fallback;
}

function sayText(response: ServerResponse, text: string): void {
  respond(response, 200, text, {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.setHeader('x-go-pprof', '1');
  respondError(response, status, message);
}
