import { messageOf } from '@berth/common/error-message.ts';
import type { ContainerEventResponse } from '@berth/cri/generated/api.ts';
import { toProtoJson } from '@berth/cri/json/proto-json.ts';
import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { formatMessage } from '../output/message.ts';
import { print } from '../output/print.ts';

export const events = defineCommand({
  flags: {
    output: {
      type: 'string',
      aliases: ['o'],
      default: 'json',
      usage: 'Output format: json, yaml or go-template',
    },
    template: { type: 'string', usage: 'Go template for --output go-template, such as {{.containerId}}' },
  },
  async run({ app, flags, args, showHelp }) {
    if (args.length > 0) return showHelp();
    const format = await formatter(flags);
    await within('getting container events', async () => {
      const runtime = await app.runtime();
      for await (const event of runtime.getContainerEvents({}, { signal: app.signal })) {
        try {
          print(format(event));
        } catch (error) {
          const reason = messageOf(error);
          print(`failed to format container event with the error: ${reason}\n`);
        }
      }
    });
  },
});

async function formatter({ output, template }: { output: string; template: string }) {
  const name = 'ContainerEventResponse';
  if (output === 'json' || output === 'yaml') {
    if (template !== '') throw new Error(`template can't be used with "${output}" format`);
    return (event: ContainerEventResponse) => formatMessage(name, event, output);
  }
  if (output !== 'go-template') throw new Error(`don't support "${output}" format`);
  const { checkTemplate, executeTemplate } = await import('../template/execute.ts');
  await within('failed to parse go-template', () => checkTemplate(template));
  return (event: ContainerEventResponse) =>
    `${executeTemplate(template, toProtoJson(name, event, { unsetMessages: 'omit' }))}\n`;
}
