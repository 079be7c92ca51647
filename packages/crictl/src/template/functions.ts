// The functions of crictl's templates: Go's builtins, and json, title, lower and upper.
import { type Functions, goFunctions, one, type TemplateFunction } from '@berth/go-template/functions.ts';
import { json } from './json.ts';

const ofText = (call: (text: string) => string): TemplateFunction => ({
  least: 1,
  most: 1,
  strings: 1,
  call: ([text]) => call(typeof text === 'string' ? text : ''),
});

export const functions: Functions = {
  ...goFunctions,
  json: one(json),
  title: ofText((text) =>
    text.replace(/[\p{L}\p{N}_][\p{L}\p{N}\p{M}_]*(?:['.’][\p{L}\p{N}\p{M}_]+)*/gu, (word) => {
      const [first = ''] = word;
      return first.toUpperCase() + word.slice(first.length);
    }),
  ),
  lower: ofText((text) => text.toLowerCase()),
  upper: ofText((text) => text.toUpperCase()),
};
