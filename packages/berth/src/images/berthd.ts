// berthd's own HTTP endpoints for images, beside the CRI, which has no such calls.
import type { IncomingMessage } from 'node:http';
import { UserError } from '../errors/user-error.ts';
import { bodyOf, type HttpRequest, httpStream } from '../node/http.ts';
import { unreachable } from '../node/reach.ts';

/** The text of an HTTP server of Berth for a path that it does not have. */
const unknownPath = '404 page not found\n';

/**
 * Sends a request to berthd; resolves with the head of an answer whose status is 200.
 * @param explain what to tell of an error message of berthd's; default: as it is
 * @throws UserError with berthd's error message, or when something else than berthd answers
 */
export async function requestBerthd(
  socket: string,
  request: HttpRequest,
  explain: (problem: string) => string = (problem) => problem,
): Promise<IncomingMessage> {
  const response = await httpStream({ socketPath: socket }, request).catch(async () => {
    throw await unreachable(socket, 'berth image');
  });
  const { statusCode } = response;
  if (statusCode === 200) return response;
  const body = await bodyOf(response).catch(() => '');
  response.destroy();
  if (statusCode === 404 && body === unknownPath)
    throw new UserError(`the runtime at ${socket} is not a berthd that can do this`);
  throw new UserError(explain(body.trim() || `the runtime answered ${statusCode}`));
}

/** Posts a JSON object to berthd and returns its answer, also an object. */
export async function postBerthd<Answer>(socket: string, path: string, body: object): Promise<Answer> {
  const response = await requestBerthd(socket, { method: 'POST', path, body });
  // berthd is trusted with the type of its answers.
  return JSON.parse(await bodyOf(response)) as Answer;
}
