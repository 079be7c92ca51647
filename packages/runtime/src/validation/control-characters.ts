import { invalid } from '../rpc/errors.ts';

/** Refuses control characters in a text that becomes part of a line in a file or a log. */
export function refuseControlCharacters(text: string, field: string): void {
  if (/\p{Cc}/u.test(text)) throw invalid(field, `${JSON.stringify(text)} has a control character`);
}
