// HTTP endpoints for a CPU profile and a heap snapshot of berthd, under /debug/pprof.

import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { answer, type Route } from '@berth/http/routes.ts';

const defaultSeconds = 30;
const maxSeconds = 300;

let isProfiling = false;

/**
 * `GET /debug/pprof/profile?seconds=N`: a CPU profile of N seconds (default 30) as a .cpuprofile file for Chrome's
 * DevTools and speedscope. One at a time.
 */
export const cpuProfileRoute: Route = async (_request, response, url) => {
  const seconds = profileSeconds(url.searchParams.get('seconds'));
  if (seconds === undefined) {
    answer(response, 400, `seconds: want a number above 0 and at most ${maxSeconds}\n`);
    return;
  }
  if (isProfiling) {
    answer(response, 409, 'a CPU profile is being taken; try again when it has ended\n');
    return;
  }
  isProfiling = true;
  try {
    await serveCpuProfile(response, seconds);
  } finally {
    isProfiling = false;
  }
};

/** The duration of a profile in seconds; undefined for an invalid one. */
export function profileSeconds(text: string | null): number | undefined {
  const seconds = text === null ? defaultSeconds : text === '' ? Number.NaN : Number(text);
  return seconds > 0 && seconds <= maxSeconds ? seconds : undefined;
}

async function serveCpuProfile(response: ServerResponse, seconds: number): Promise<void> {
  const { recordCpu } = await import('@berth/pprof/record.ts');
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const profile = await recordCpu(seconds, gone.signal);
  answer(response, 200, JSON.stringify(profile), 'application/json; charset=utf-8');
}

/** `GET /debug/pprof/heap`: everything on the heap, as a .heapsnapshot, which Chrome's DevTools open. */
export const heapRoute: Route = async (_request, response) => {
  const { getHeapSnapshot } = await import('node:v8');
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', connection: 'close' });
  await pipeline(getHeapSnapshot(), response);
};
