// Files of variables that a container writes for the containers after it: `NAME='value'`, a strict part of the syntax
// of shells.
// https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-via-file/

/** A line of so many bytes, or more, makes the file unreadable from there on. */
const tooManyBytes = 64 * 1024;

/**
 * The value of the variable `key`: '' when the file does not set it, or sets it to nothing. A value is in single quotes,
 * is taken as it is and may span lines; a blank and a comment may follow it. `text` has one character for each byte.
 * Throws, with the number of the line, for what is not in this syntax; what follows the variable is not checked.
 */
export function envFileValue(text: string, key: string): string {
  for (const { name, value } of assignments(linesOf(text))) if (name === key) return value;
  return '';
}

interface Line {
  /** Counts from 1. */
  number: number;
  text: string;
}

function* assignments(lines: Iterator<Line>): Generator<{ name: string; value: string }> {
  for (let line = lines.next(); !line.done; line = lines.next()) {
    const { number } = line.value;
    const text = line.value.text.replace(/^[ \t]+/, '');
    if (text === '' || text.startsWith('#')) continue;
    const equals = text.indexOf('=');
    if (equals === -1) throw wrong(number, "missing '='");
    const name = text.slice(0, equals);
    if (/^[ \t]*$/.test(name)) throw wrong(number, 'empty variable name');
    if (/[ \t]$/.test(name)) throw wrong(number, "whitespace before '=' is not allowed");
    const rest = text.slice(equals + 1);
    // As in a shell, what stands apart from the `=` is not the value.
    if (/^[ \t]/.test(rest)) yield { name, value: '' };
    else if (rest.startsWith("'")) yield { name, value: quoted(rest.slice(1), number, lines) };
    else throw wrong(number, 'value must be enclosed in single quotes');
  }
}

/** The value up to the closing quote, which may be on a later line. */
function quoted(start: string, startNumber: number, lines: Iterator<Line>): string {
  let value = '';
  let line: Line = { number: startNumber, text: start };
  for (;;) {
    const end = line.text.indexOf("'");
    if (end !== -1) {
      if (/^[ \t]*(#|$)/.test(line.text.slice(end + 1))) return value + line.text.slice(0, end);
      throw wrong(line.number, 'unexpected content after closing quote');
    }
    value += `${line.text}\n`;
    const next = lines.next();
    if (next.done) {
      throw new Error(
        `invalid environment variable format starting at line ${startNumber}: unclosed single quote`,
      );
    }
    line = next.value;
  }
}

function* linesOf(text: string): Generator<Line> {
  for (let start = 0, number = 1; start < text.length; number++) {
    const found = text.indexOf('\n', start);
    const end = found === -1 ? text.length : found;
    if (end - start >= tooManyBytes) throw new Error(`line ${number} is too long`);
    yield { number, text: text.slice(start, text[end - 1] === '\r' && end > start ? end - 1 : end) };
    start = end + 1;
  }
}

function wrong(line: number, problem: string): Error {
  return new Error(`invalid environment variable format at line ${line}: ${problem}`);
}
