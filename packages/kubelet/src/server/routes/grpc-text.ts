// Errors of the runtime as Go prints them: `rpc error: code = NotFound desc = …`.
import { messageOf } from '@berth/common/error-message.ts';
import { CriError } from '@berth/cri/errors/cri-error.ts';

/** The text of an error, whoever failed. */
export function grpcText(error: unknown): string {
  if (!(error instanceof CriError)) return messageOf(error);
  const code = error.code
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('');
  return `rpc error: code = ${code === 'Ok' ? 'OK' : code} desc = ${error.message}`;
}

/** The HTTP status for an error of a request for a stream. */
export function streamErrorStatus(error: unknown): 404 | 429 | 500 {
  if (!(error instanceof CriError)) return 500;
  return error.code === 'NOT_FOUND' ? 404 : error.code === 'RESOURCE_EXHAUSTED' ? 429 : 500;
}
