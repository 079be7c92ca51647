// How the text of a failed CRI call reads in statuses.
import { messageOf } from '@berth/common/error-message.ts';
import { CriError, type GrpcCodeName } from '@berth/cri/errors/cri-error.ts';

/** A failed call as gRPC prints it: `rpc error: code = NotFound desc = …`; any other error by its message. */
export function rpcErrorText(error: unknown): string {
  if (!(error instanceof CriError)) return messageOf(error);
  return `rpc error: code = ${grpcCodeText(error.code)} desc = ${error.message}`;
}

/** A gRPC code as Go prints it: `NotFound` for NOT_FOUND, `OK`. */
export function grpcCodeText(code: GrpcCodeName): string {
  if (code === 'OK') return code;
  return code.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
