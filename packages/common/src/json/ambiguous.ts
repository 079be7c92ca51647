/**
 * Whether an object in this JSON text has two members of one name. Parsers differ in what they make of them: Go's
 * decoder merges the two, others take the first or the last. Pure.
 *
 * @param value what JSON.parse made of the text
 */
export function hasDuplicateMembers(text: string, value: unknown): boolean {
  // Of two members with one name the value has only one.
  return membersInText(text) > membersOf(value);
}

const [backslash, colon] = [92, 58];

function membersInText(text: string): number {
  let count = 0;
  for (let start = text.indexOf('"'); start !== -1; ) {
    let end = text.indexOf('"', start + 1);
    while (text.charCodeAt(end - 1) === backslash && isEscaped(text, end)) end = text.indexOf('"', end + 1);
    let next = end + 1;
    while (isSpace(text.charCodeAt(next))) next += 1;
    if (text.charCodeAt(next) === colon) count += 1;
    start = text.indexOf('"', next);
  }
  return count;
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** Whether the quote at `position` belongs to the string that it is in. */
function isEscaped(text: string, position: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(position - 1 - backslashes) === backslash) backslashes += 1;
  return backslashes % 2 === 1;
}

function membersOf(value: unknown): number {
  let count = 0;
  for (const open = [value]; open.length > 0; ) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    const members: unknown[] = Object.values(next);
    if (!Array.isArray(next)) count += members.length;
    for (const member of members) if (typeof member === 'object') open.push(member);
  }
  return count;
}

/** Whether Go's decoder takes one name for the other: it compares without case, by Unicode's simple folding. */
export function isSameMember(one: string, other: string): boolean {
  return one === other || (one.length === other.length && fold(one) === fold(other));
}

function fold(name: string): string {
  // In this order the long s and the Kelvin sign become the letters s and k.
  return name.toUpperCase().toLowerCase();
}
