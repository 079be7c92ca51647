import { invalid } from '../rpc/errors.ts';

/** Refuses a text that becomes part of a line, of a file or a log, and would end it there. */
export function refuseControlCharacters(text: string, field: string): void {
  if (/\p{Cc}/u.test(text)) throw invalid(field, `${JSON.stringify(text)} has a control character`);
}
