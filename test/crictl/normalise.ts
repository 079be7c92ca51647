// What two runs of the same command cannot have in common, each in the narrowest form that does it.
import type { Normaliser, Outcome } from './comparison.ts';
import { helpStructure } from './help-structure.ts';

/** The outcome without its times and the other things that are random. `programDir` is the crictl's own folder. */
export function normalised(
  outcome: Outcome,
  options: { programDir: string; twinIds: ReadonlyMap<string, string>; normalisers: readonly Normaliser[] },
): Outcome {
  const { programDir, twinIds, normalisers } = options;
  const one = (text: string) => {
    let result = text.replaceAll(programDir, '<PROGRAM DIR>');
    // Longer ones first, as a path may begin with another one.
    for (const [name, value] of [...twinIds].sort(([, a], [, b]) => b.length - a.length)) {
      result = result.replaceAll(value, `<${name}>`);
      if (/^[0-9a-f]{64}$/.test(value)) result = result.replaceAll(value.slice(0, 13), `<${name}>`);
    }
    return normalisers.reduce((changed, name) => table[name](changed), result);
  };
  return {
    code: outcome.code,
    out: one(helpStructure(outcome.out)),
    err: one(withoutClientLog(logTimes(outcome.err))),
    effect: one(outcome.effect),
  };
}

/** `time="2026-11-24T07:00:00Z"` at the start of a line of log. */
function logTimes(text: string): string {
  return text
    .replace(/^time="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[-+]\d\d:\d\d)"/gm, 'time="<TIME>"')
    .replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /gm, '<TIME> ');
}

/** What the Go client library logs about a failed call, with its line number in it, beside crictl's own error. */
function withoutClientLog(text: string): string {
  // An error of several lines is indented between `err=<` and ` >`.
  const lines = /^[EIW]\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ \w+\.go:\d+\] .*\n(?:(?<=<\n)(?:\t.*\n)+ >.*\n)?/gm;
  return text.replace(lines, '');
}

const table: Readonly<Record<Normaliser, (text: string) => string>> = {
  // Errors of several objects are one message with `\\n` in it.
  lines: (text) =>
    text
      .replace(/(?<= msg=")[^\n]*(?="$)/gm, (message) => message.split('\\n').sort().join('\\n'))
      .split('\n')
      .sort()
      .join('\n'),
  ids: (text) => text.replace(/\b[0-9a-f]{64}\b/g, '<ID>'),
  numbers: (text) => text.replace(/\b\d+(\.\d+)?\b/g, '<N>'),
  usage: (text) => text.replace(/(?<![\w.-])-?\d+(\.\d+)?([kMGT]?B)?(?![\w.]) */g, '<N> '),
  // A column is as wide as its words, so the blanks behind them go too.
  ages: (text) =>
    text.replace(
      /(Less than a second|1 second|\d+ seconds|About a minute|\d+ minutes|About an hour) ago */g,
      '<AGE> ',
    ),
};
