// What no message to a person may have. Pure.

const rules: readonly [name: string, found: RegExp][] = [
  ['a stack', /^\s+at .*[:(]\d+:\d+\)?$/m],
  [
    'a bare error code',
    /\bE(?:NOENT|ACCES|ROFS|INVAL|PERM|EXIST|NOTDIR|ISDIR|NOSPC|ADDRINUSE|PIPE|CONNREFUSED)\b/,
  ],
  ['a control character', /\\u00[01]/],
  ['[object Object] or undefined', /\[object |\bundefined\b/],
];

/** The most lines that a person reads. */
const maxLines = 12;

/** What is wrong with the form of a message. */
export function flaws(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const twice = lines.filter((line, index) => lines.indexOf(line) !== index);
  return [
    ...rules.filter(([, found]) => found.test(text)).map(([name]) => name),
    ...(lines.length > maxLines ? [`${lines.length} lines`] : []),
    ...twice.map((line) => `twice: ${line}`),
  ];
}
