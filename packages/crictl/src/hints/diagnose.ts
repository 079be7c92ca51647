// Finds out what is behind an error, for its hint.
import { parseEndpoint } from '@berth/cri/client/endpoint.ts';
import type { App } from '../app/app.ts';
import { connectProblem } from '../app/socket-probe.ts';
import { defaultEndpoints } from '../config/settings.ts';
import { NoRuntimeError, statusIn } from '../errors/describe.ts';
import { hint, type Probe, type Trouble } from './hint.ts';

/** What to do about `error`, undefined when there is nothing to say. Asks the runtime where that helps. */
export async function hintFor(app: App, error: unknown): Promise<string | undefined> {
  const trouble = await troubleOf(app, error).catch(() => undefined);
  return trouble && hint(trouble, process.getuid?.() === 0);
}

async function troubleOf(app: App, error: unknown): Promise<Trouble | undefined> {
  if (app.signal.aborted) return undefined;
  const status = statusIn(error);
  if (error instanceof NoRuntimeError)
    return { kind: 'unreachable', endpoint: undefined, problem: '', probes: await probeAll() };
  if (status?.code === 'UNAVAILABLE' && status.message.startsWith('connection error:')) {
    const endpoint = app.endpointOf(status);
    const problem = await connectProblem(parseEndpoint(endpoint));
    // Somebody listens by now, or no runtime does: what was told is all that is to tell.
    if (problem === undefined) return undefined;
    return { kind: 'unreachable', endpoint, problem, probes: await probeAll() };
  }
  if (status?.code === 'DEADLINE_EXCEEDED') return { kind: 'slow', timeoutMs: app.settings.timeoutMs };
  const path = forbiddenPath(error);
  if (path !== undefined) return { kind: 'forbidden', path };
  const { message = '' } = error instanceof Error ? error : {};
  if (/\b(unauthorized|authorization failed|no basic auth credentials)\b/i.test(message))
    return { kind: 'unauthorized' };
  const { missed } = app;
  const isNotFound = status === undefined || status.code === 'NOT_FOUND' || /not found/i.test(message);
  if (missed === undefined || !isNotFound) return undefined;
  return { kind: 'missed', ...missed, known: await missed.known() };
}

/** The file that could not be opened for want of permission. */
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
