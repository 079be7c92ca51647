/** Whether an error has one of these codes of errno(3), e.g. `hasCode(error, 'ENOENT')`: those of node:fs do. */
export function hasCode(error: unknown, ...wanted: string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? wanted.includes(error.code)
    : false;
}
