// How the text of a failed CRI call reads in statuses.
import { messageOf } from '@berth/common/error-message.ts';
import { CriError } from '@berth/cri/errors/cri-error.ts';

/** A failed call as gRPC prints it: `rpc error: code = NotFound desc = …`; any other error by its message. */
export function rpcErrorText(error: unknown): string {
  if (!(error instanceof CriError)) return messageOf(error);
  const code = error.code
    .toLowerCase()
    .replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return `rpc error: code = ${code} desc = ${error.message}`;
}
