// Prints a CRI message as JSON or YAML. Commands load it only for that --output.
import { type MessageName, type MessageOf, toProtoJson } from '@berth/cri/json/proto-json.ts';
import { goYaml } from '@berth/go-yaml/print.ts';
import { messageJson } from './json.ts';

/** The message in the format of `--output`. Throws for a format other than json and yaml. */
export function formatMessage<Name extends MessageName>(
  name: Name,
  message: MessageOf<Name>,
  format: string,
): string {
  const json = toProtoJson(name, message, { unsetMessages: 'omit' });
  if (format === 'json') return `${messageJson(json)}\n`;
  if (format === 'yaml') return `${goYaml(json)}\n`;
  throw new Error(`unsupported output format "${format}"`);
}
