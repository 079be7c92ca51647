// Diagnoses the error of a command, so that hint.ts can say what to do about it.

import { connectProblem } from '@berth/cri/client/connect-problem.ts';
import { parseEndpoint } from '@berth/cri/client/endpoint.ts';
import type { App } from '../app/app.ts';
import { defaultEndpoints } from '../config/settings.ts';
import { statusIn } from '../errors/describe.ts';
import { NoRuntimeError } from '../errors/within.ts';
import { type Diagnosis, hint, type Probe } from './hint.ts';

/** The hint for `error`, undefined when there is none. May call the runtime and probe the default sockets. */
export async function hintFor(app: App, error: unknown): Promise<string | undefined> {
  const diagnosis = await diagnose(app, error).catch(() => undefined);
  return diagnosis && hint(diagnosis, process.getuid?.() === 0);
}

async function diagnose(app: App, error: unknown): Promise<Diagnosis | undefined> {
  if (app.signal.aborted) return undefined;
  const status = statusIn(error);
  if (error instanceof NoRuntimeError)
    return { kind: 'unreachable', endpoint: undefined, problem: '', probes: await probeAll() };
  if (status?.code === 'UNAVAILABLE' && status.message.startsWith('connection error:')) {
    const endpoint = app.endpointOf(status);
    const problem = await connectProblem(parseEndpoint(endpoint));
    // The socket accepts connections now, or its listener is not a CRI runtime: the error already says it.
    if (problem === undefined) return undefined;
    return { kind: 'unreachable', endpoint, problem, probes: await probeAll() };
  }
  if (status?.code === 'DEADLINE_EXCEEDED') return { kind: 'slow', timeoutMs: app.settings.timeoutMs };
  const path = forbiddenPath(error);
  if (path !== undefined) return { kind: 'forbidden', path };
  const { message = '' } = error instanceof Error ? error : {};
  if (/\b(unauthorized|authorization failed|no basic auth credentials)\b/i.test(message))
    return { kind: 'unauthorized' };
  const { failedLookup } = app;
  const isNotFound = status === undefined || status.code === 'NOT_FOUND' || /not found/i.test(message);
  if (failedLookup === undefined || !isNotFound) return undefined;
  return { kind: 'not-found', ...failedLookup, known: await failedLookup.known() };
}

/** The path whose open(2) or connect(2) failed with EACCES. */
function forbiddenPath(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && cause.code === 'EACCES' && 'path' in cause) return String(cause.path);
  }
  return undefined;
}

function probeAll(): Promise<Probe[]> {
  return Promise.all(
    defaultEndpoints.map(async (endpoint) => ({
      endpoint,
      problem: await connectProblem(parseEndpoint(endpoint)),
    })),
  );
}
