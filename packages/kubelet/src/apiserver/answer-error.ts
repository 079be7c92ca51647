// What an answer other than success means: the server's Status, or one derived from the HTTP status, with the reasons
// and words of client-go, which scripts and people know.
import { isObject } from '@berth/common/json/is-object.ts';
import type { Status } from 'kubernetes-types/meta/v1.d.ts';
import { ApiError, type Resource } from './api-client.ts';

/** An answer of an HTTP server. */
export interface Answer {
  code: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

/** What was asked. */
export interface Asked {
  method: string;
  resource?: Resource | undefined;
  name?: string | undefined;
}

/** Maximum length of a text that is no Status, in the message. */
const maxText = 2048;

const meanings: Readonly<Record<number, { reason: string; message?: string }>> = {
  400: { reason: 'BadRequest', message: 'the server rejected our request for an unknown reason' },
  401: { reason: 'Unauthorized', message: 'the server has asked for the client to provide credentials' },
  403: { reason: 'Forbidden' },
  404: { reason: 'NotFound', message: 'the server could not find the requested resource' },
  405: {
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
  },
  406: { reason: 'NotAcceptable' },
  409: { reason: 'Conflict', message: 'the server reported a conflict' },
  415: { reason: 'UnsupportedMediaType' },
  422: { reason: 'Invalid', message: 'the server rejected our request due to an error in our request' },
  429: {
    reason: 'TooManyRequests',
    message: 'the server has received too many requests and has asked us to try again later',
  },
  503: { reason: 'ServiceUnavailable', message: 'the server is currently unable to handle the request' },
  504: {
    reason: 'Timeout',
    message:
      'the server was unable to return a response in the time allotted, but may still be processing the request',
  },
};

/** The error that an answer is; undefined for success. */
export function answerError(answer: Answer, asked: Asked): ApiError | undefined {
  const isSuccess = answer.code >= 200 && answer.code <= 206;
  const status = statusOf(answer.body);
  if (isSuccess && status?.status !== 'Failure') return undefined;
  const seconds = retryAfterSeconds(answer);
  const retryAfterMs = seconds === undefined ? undefined : seconds * 1000;
  if (status?.status === 'Failure') return new ApiError(status, status.code ?? answer.code, retryAfterMs);
  return new ApiError(derivedStatus(answer, asked), answer.code, retryAfterMs);
}

/** After how many seconds an answer asks to be asked again; only the answers 429 and 5xx may. */
export function retryAfterSeconds({ code, headers }: Pick<Answer, 'code' | 'headers'>): number | undefined {
  const value = headers['retry-after'];
  const isAllowed = code === 429 || code >= 500;
  return isAllowed && typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

/** The Status in a body. */
function statusOf(body: Buffer): Status | undefined {
  // An answer of success is large and no Status.
  if (body.length > 1024 * 1024) return undefined;
  const text = body.toString();
  if (!text.includes('"Status"')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value) || value['kind'] !== 'Status' || value['apiVersion'] !== 'v1') return undefined;
    const { status, message, reason, code, details } = value;
    return {
      ...(typeof status === 'string' && { status }),
      ...(typeof message === 'string' && { message }),
      ...(typeof reason === 'string' && { reason }),
      ...(typeof code === 'number' && { code }),
      ...(isObject(details) && { details }),
    };
  } catch {
    return undefined;
  }
}

function derivedStatus({ code, headers, body }: Answer, { method, resource, name }: Asked): Status {
  const isText = /^text\//.test(String(headers['content-type'] ?? 'text/plain'));
  const text = isText ? body.subarray(0, maxText).toString().trim() : 'unknown';
  const meaning = meanings[code];
  const general =
    code >= 500
      ? {
          reason: 'InternalError',
          message: `an error on the server (${JSON.stringify(text)}) has prevented the request from succeeding`,
        }
      : {
          reason: 'Unknown',
          message: `the server responded with the status code ${code} but did not return more information`,
        };
  const { location } = headers;
  const redirect =
    code >= 300 && code < 400 && location !== undefined ? `; redirects are not followed: ${location}` : '';
  const message = `${meaning === undefined ? general.message : (meaning.message ?? text)}${redirect}`;
  const kind = resource && (resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`);
  const what = [
    method.toLowerCase(),
    ...(kind === undefined ? [] : [kind]),
    ...(name === undefined ? [] : [name]),
  ];
  const isTaken = code === 409 && method === 'POST';
  return {
    status: 'Failure',
    code,
    reason: isTaken ? 'AlreadyExists' : (meaning ?? general).reason,
    message: resource === undefined ? message : `${message} (${what.join(' ')})`,
    details: {
      ...(resource && { group: resource.group, kind: resource.plural }),
      ...(name !== undefined && { name }),
      causes: [{ reason: 'UnexpectedServerResponse', message: text }],
    },
  };
}
