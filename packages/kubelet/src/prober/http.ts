// Runs an httpGet probe: a request without keep-alive, with any certificate, bounded in time and size.
import type { ClientRequest, IncomingMessage } from 'node:http';
import { messageOf } from '@berth/common/error-message.ts';
import { maxTimerMs } from '@berth/common/max-timer.ts';
import { followRedirects, startGet } from './http-get.ts';
import { type HttpRequest, requestUrl } from './http-request.ts';
import { networkError } from './network-error.ts';
import { maxOutputBytes, type ProbeOutcome } from './outcome.ts';

interface Answer {
  status: number;
  location: string | undefined;
  /** At most maxOutputBytes. */
  body: string;
}

/** The answer's body could not be read: nothing is known. */
class BodyError extends Error {}

/**
 * Sends the request and follows redirects on the same host. Success is a status of 200 to 399; a redirect that is not
 * followed is a warning. Throws when the answer's body breaks off. Takes at most `timeoutMs`.
 */
export async function probeHttp(
  request: HttpRequest,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<ProbeOutcome> {
  const deadline = performance.now() + timeoutMs;
  try {
    const answer = await followRedirects(request, (each) =>
      get(each, Math.max(1, deadline - performance.now()), signal),
    );
    return judge(answer);
  } catch (error) {
    if (error instanceof BodyError) throw error;
    return { result: 'failure', output: `Get ${JSON.stringify(requestUrl(request))}: ${messageOf(error)}` };
  }
}

function judge({ status, body }: Answer): ProbeOutcome {
  if (status < 200 || status >= 400) {
    return { result: 'failure', output: `HTTP probe failed with statuscode: ${status}` };
  }
  if (status >= 300)
    return { result: 'warning', output: `Probe terminated redirects, Response body: ${body}` };
  return { result: 'success', output: body };
}

function get(request: HttpRequest, timeoutMs: number, signal: AbortSignal | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let sent: ClientRequest | undefined;
    let timer: NodeJS.Timeout | undefined;
    let reading = false;
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      sent?.destroy();
    };
    const fail = (error: Error) => {
      end();
      reject(reading ? new BodyError(error.message, { cause: error }) : error);
    };
    const abort = () => fail(new Error('the probe was stopped'));
    timer = setTimeout(
      () => {
        const what = reading ? 'while reading body' : 'while awaiting headers';
        fail(new Error(`context deadline exceeded (Client.Timeout exceeded ${what})`));
      },
      Math.min(timeoutMs, maxTimerMs),
    );
    signal?.addEventListener('abort', abort);
    const take = (response: IncomingMessage) => {
      reading = true;
      const chunks: Buffer[] = [];
      let size = 0;
      const done = () => {
        end();
        const body = Buffer.concat(chunks).subarray(0, maxOutputBytes).toString();
        resolve({ status: response.statusCode ?? 0, location: response.headers.location, body });
      };
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size >= maxOutputBytes) done();
      });
      response.on('end', done);
      response.on('error', fail);
    };
    try {
      sent = startGet(request);
    } catch (error) {
      fail(new Error(messageOf(error), { cause: error }));
      return;
    }
    sent.on('response', take);
    sent.on('upgrade', (response) => {
      end();
      resolve({ status: response.statusCode ?? 0, location: undefined, body: '' });
    });
    sent.on('error', (error) =>
      fail(new Error(networkError(error, request, sent?.socket), { cause: error })),
    );
    sent.end();
  });
}
