import { plainMessage } from '@berth/common/errno-text.ts';

/** The gRPC codes that berthd answers with; @berth/cri/server/server.ts maps `criCode` onto the wire. */
export type CriCode =
  | 'ALREADY_EXISTS'
  | 'DEADLINE_EXCEEDED'
  | 'FAILED_PRECONDITION'
  | 'INTERNAL'
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'RESOURCE_EXHAUSTED'
  | 'UNAVAILABLE'
  | 'UNKNOWN';

/** An error that carries the gRPC code its RPC fails with. The message is for a person. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly criCode: CriCode;

  constructor(criCode: CriCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.criCode = criCode;
  }
}

/** NOT_FOUND with CRI-O's text: kubelets look at the code only, people search for the text. */
export function notFound(kind: 'container' | 'pod', id: string): RuntimeError {
  return new RuntimeError(
    'NOT_FOUND',
    `could not find ${kind} ${JSON.stringify(id)}: ${kind} with ID starting with ${id} not found: ID does not exist`,
  );
}

/** INVALID_ARGUMENT: `field` is the path of the offending field in the request. */
export function invalid(field: string, problem: string): RuntimeError {
  return new RuntimeError('INVALID_ARGUMENT', `${field}: ${problem}`);
}

/** FAILED_PRECONDITION: the request is fine, but not in the state that its object is in. */
export function wrongState(message: string): RuntimeError {
  return new RuntimeError('FAILED_PRECONDITION', message);
}

/** The message of anything that was thrown, followed by those of its causes. */
export function messageWithCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${messageWithCauses(error.cause)}`;
}

/** As messageWithCauses, with words in the place of error codes: for a person at a terminal. */
export function plainMessageWithCauses(error: unknown): string {
  const message = plainMessage(error);
  if (!(error instanceof Error) || error.cause === undefined) return message;
  return `${message}: ${plainMessageWithCauses(error.cause)}`;
}
