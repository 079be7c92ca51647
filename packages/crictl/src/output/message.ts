// A whole CRI message as output. Kept apart from the commands, which load it only when it is asked for.
import { type MessageName, type MessageOf, toProtoJson } from '@berth/cri/json/proto-json.ts';
import { messageJson } from './json.ts';
import { goYaml } from './yaml.ts';

/** The message in the format that `--output` names. Throws on one that is neither json nor yaml. */
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
