// crictl's templates, which run over JSON documents.
import { messageOf } from '@berth/common/error-message.ts';
import type { Json } from '@berth/cri/json/proto-json.ts';
import { executeTemplate as execute } from '@berth/go-template/execute.ts';
import { parseTemplate } from '@berth/go-template/parse.ts';
import { functions } from './functions.ts';
import { fromJson } from './json.ts';

/** The text that the template makes of `document`. Throws on bad templates and on fields that are not there. */
export function executeTemplate(template: string, document: Json): string {
  const parsed = told('failed to generate go-template', () =>
    parseTemplate(template, 'tmplExecuteRawJSON', functions),
  );
  return told('failed to template data', () => execute(parsed, fromJson(document)));
}

/** Throws on templates that cannot be parsed. */
export function checkTemplate(template: string): void {
  parseTemplate(template, '', functions);
}

function told<Result>(doing: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new Error(`${doing}: ${messageOf(error)}`, { cause: error });
  }
}
