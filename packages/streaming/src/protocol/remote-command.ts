// Names and the status document of the remote command protocols (exec, attach).
import { isObject } from '@berth/common/json/is-object.ts';

/** SPDY subprotocols of the server, best first; `channel.k8s.io` is the first, unversioned one. */
export const remoteCommandProtocols = [
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
] as const;
export type RemoteCommandProtocol = (typeof remoteCommandProtocols)[number];

/** The header with the type of a SPDY stream, and the header that negotiates the subprotocol. */
export const streamTypeHeader = 'streamType';
export const protocolVersionHeader = 'X-Stream-Protocol-Version';

export type StreamType = 'error' | 'stdin' | 'stdout' | 'stderr' | 'resize';

/** WebSocket channels of the remote command protocols, by number. */
export const channelOf = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;
/** The first byte of a v5 message that closes the channel in its second byte. */
export const closeChannel = 255;

/** The fields of metav1.Status that remote command uses. */
export interface ExecStatus {
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: { causes: { reason: string; message: string }[] };
  code?: number;
}

export type ExecOutcome = { exitCode: number } | { error: string };

/** The status on the error stream of v4 and later after a command. */
export function statusOf(outcome: ExecOutcome): ExecStatus {
  if ('error' in outcome)
    return {
      status: 'Failure',
      message: `Internal error occurred: ${outcome.error}`,
      reason: 'InternalError',
      code: 500,
    };
  if (outcome.exitCode === 0) return { status: 'Success' };
  return {
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${outcome.exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(outcome.exitCode) }] },
  };
}

/** Encodes a status for the error stream: JSON since v4, the message of an error before. */
export function encodeStatus(status: ExecStatus, form: 'json' | 'text'): string {
  if (form === 'json') return JSON.stringify(status);
  return status.status === 'Success' ? '' : (status.message ?? '');
}

/** Decodes the text of an error stream. Throws when it is not a status. */
export function decodeStatus(text: string, form: 'json' | 'text'): ExecOutcome {
  if (form === 'text') return text === '' ? { exitCode: 0 } : { error: text };
  const status: unknown = JSON.parse(text);
  const { status: kind, reason, message, details } = objectOf(status);
  if (kind === 'Success') return { exitCode: 0 };
  if (kind !== 'Failure') throw new SyntaxError(`status is neither Success nor Failure: ${text}`);
  if (reason !== 'NonZeroExitCode') return { error: String(message ?? 'the server gave no reason') };
  const causes: unknown = objectOf(details)['causes'];
  for (const cause of Array.isArray(causes) ? causes.map(objectOf) : [])
    if (cause['reason'] === 'ExitCode' && /^\d{1,3}$/.test(String(cause['message'])))
      return { exitCode: Number(cause['message']) };
  throw new SyntaxError(`status without an exit code: ${text}`);
}

/** The object itself, or an empty one in place of any other value. */
function objectOf(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}
