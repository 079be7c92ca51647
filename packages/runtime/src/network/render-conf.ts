// Renders a CNI configuration from a Go template.
import { messageOf } from '@berth/common/error-message.ts';
import { executeTemplate } from '@berth/go-template/execute.ts';
import { parseTemplate } from '@berth/go-template/parse.ts';
import { Struct } from '@berth/go-template/values.ts';

/** The fields of a template, named as containerd's. */
export interface TemplateData {
  readonly PodCIDR: string;
  readonly PodCIDRRanges: string[];
  readonly Routes: string[];
}

/**
 * Pure: the text that the template, which errors call `name`, makes of `data`. Throws on bad templates and on fields
 * that `data` does not have.
 */
export function renderConf(template: string, name: string, data: TemplateData): string {
  try {
    return executeTemplate(parseTemplate(template, name), new Struct('TemplateData', { ...data }));
  } catch (error) {
    const fields = Object.keys(data).map((field) => `.${field}`);
    throw new Error(`${messageOf(error)} (the fields of a template are ${fields.join(', ')})`, {
      cause: error,
    });
  }
}
