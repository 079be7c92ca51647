/** Something that the person at the terminal can act on: printed as it is, without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
