// Texts of errors in the words of the real crictl: gRPC statuses and system calls as Go prints them.
import { CriError, type GrpcCodeName } from '@berth/cri/errors/cri-error.ts';

/** `NOT_FOUND` → `NotFound`, as Go names the codes. */
export function goCodeName(code: GrpcCodeName): string {
  if (code === 'OK') return 'OK';
  if (code === 'CANCELLED') return 'Canceled';
  return code
    .split('_')
    .map((word) => word.slice(0, 1) + word.slice(1).toLowerCase())
    .join('');
}

/** The text of an error; of a failed call its gRPC status and details. */
export function describeError(error: unknown): string {
  if (error instanceof CriError) return `rpc error: code = ${goCodeName(error.code)} desc = ${error.message}`;
  if (!(error instanceof Error)) return String(error);
  return systemProblem(error) ?? error.message;
}

const systemProblems: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  EEXIST: 'file exists',
  ENOSPC: 'no space left on device',
  EROFS: 'read-only file system',
  ELOOP: 'too many levels of symbolic links',
};

/** Pure: `open /x: no such file or directory`, as Go's os.PathError prints it. */
function systemProblem({ code, syscall, path }: NodeJS.ErrnoException): string | undefined {
  const problem = systemProblems[code ?? ''];
  return problem && path !== undefined ? `${syscall} ${path}: ${problem}` : undefined;
}

/** The failed gRPC call that caused an error, if any. */
export function statusIn(error: unknown): CriError | undefined {
  let origin = error;
  while (!(origin instanceof CriError) && origin instanceof Error) origin = origin.cause;
  return origin instanceof CriError ? origin : undefined;
}
