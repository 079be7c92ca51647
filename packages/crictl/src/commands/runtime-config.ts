import { toProtoJson } from '@berth/cri/json.ts';
import { defineCommand } from '../cli/command.ts';
import { within } from '../errors.ts';
import { messageJson } from '../output/json.ts';

export const runtimeConfig = defineCommand({
  flags: {},
  async run({ app }) {
    const answer = await within('get runtime config: call RuntimeConfig RPC', async () =>
      (await app.runtime()).runtimeConfig({}, app.call()),
    );
    const json = toProtoJson('RuntimeConfigResponse', answer, { unsetMessages: 'omit' });
    process.stdout.write(`${messageJson(json)}\n`);
  },
});
