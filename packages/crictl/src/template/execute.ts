// Runs the templates of crictl, whose data are JSON documents.
import { messageOf } from '@berth/common/error-message.ts';
import type { Json } from '@berth/cri/json/proto-json.ts';
import { executeTemplate as execute } from '@berth/go-template/execute.ts';
import { parseTemplate } from '@berth/go-template/parse.ts';
import { functions } from './functions.ts';
import { fromJson } from './json.ts';

/** Executes a template. Throws for an invalid template and for missing fields. */
export function executeTemplate(template: string, document: Json): string {
  const parsed = told('failed to generate go-template', () =>
    parseTemplate(template, 'tmplExecuteRawJSON', functions),
  );
  return told('failed to template data', () => execute(parsed, fromJson(document)));
}

/** Throws for a template that cannot be parsed. */
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
