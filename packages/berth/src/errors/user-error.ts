// The one error of this package that main.ts prints without a stack.
/** An error that the user can fix: main.ts prints only its message. */
export class UserError extends Error {
  override readonly name = 'UserError';
}
