// The error of a CRI call, and the gRPC status codes.
import { messageOf } from '@berth/common/error-message.ts';

/** gRPC status codes by name (https://grpc.io/docs/guides/status-codes/). */
export const grpcCodes = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export type GrpcCodeName = keyof typeof grpcCodes;

const codeNames = new Map<number, GrpcCodeName>();
for (const name of Object.keys(grpcCodes)) {
  if (isGrpcCodeName(name)) codeNames.set(grpcCodes[name], name);
}

export function isGrpcCodeName(name: unknown): name is GrpcCodeName {
  return typeof name === 'string' && Object.hasOwn(grpcCodes, name);
}

/** The name of a gRPC status code; UNKNOWN for a number that gRPC does not define. */
export function grpcCodeName(code: number): GrpcCodeName {
  return codeNames.get(code) ?? 'UNKNOWN';
}

/**
 * A failed CRI call: `message` is the status details, `code` the gRPC code, `rpc` the method's name if known. Handlers
 * throw it to choose the code of the response.
 */
export class CriError extends Error {
  override readonly name = 'CriError';
  readonly code: GrpcCodeName;
  readonly rpc: string | undefined;

  constructor(code: GrpcCodeName, message: string, options: { rpc?: string; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.rpc = options.rpc;
  }
}

/** The maximum size of a message in both directions, as in the real kubelet and CRI-O. */
export const maxMessageBytes = 16 * 1024 * 1024;

/** Longer details are cut: they are sent in an HTTP/2 header, whose size receivers limit. */
const maxDetails = 8192;

/**
 * The status of an error in a response: the code of a CriError or of any error with a `criCode` property,
 * CANCELLED for an aborted operation, UNKNOWN for the rest, as Go's gRPC servers do.
 */
export function statusOf(error: unknown): { code: GrpcCodeName; details: string } {
  const details = messageOf(error);
  const short = details.length > maxDetails ? `${details.slice(0, maxDetails)} …` : details;
  if (error instanceof CriError) return { code: error.code, details: short };
  if (error instanceof Error) {
    if ('criCode' in error && isGrpcCodeName(error.criCode)) return { code: error.criCode, details: short };
    if (error.name === 'AbortError') return { code: 'CANCELLED', details: short };
  }
  return { code: 'UNKNOWN', details: short };
}
