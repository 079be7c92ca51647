// The one error of this package that main.ts prints without a stack.
/** Something that the person at the terminal can act on: printed as it is, without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError';
}
