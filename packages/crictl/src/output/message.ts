// A whole CRI message as output.
import type { JsonObject } from '@berth/cri/json.ts';
import { messageJson } from './json.ts';
import { goYaml } from './yaml.ts';

/** The message in the format that `--output` names. Throws on one that is neither json nor yaml. */
export function formatMessage(message: JsonObject, format: string): string {
  if (format === 'json') return `${messageJson(message)}\n`;
  if (format === 'yaml') return `${goYaml(message)}\n`;
  throw new Error(`unsupported output format "${format}"`);
}
