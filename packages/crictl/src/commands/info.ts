import type { RuntimeFeatures, RuntimeHandler } from '@berth/cri/generated/api.ts';
import { RuntimeStatus } from '@berth/cri/generated/api.ts';
import { type JsonObject, toProtoJson } from '@berth/cri/json/proto-json.ts';
import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { print } from '../output/print.ts';
import { formatFlags, formatStatuses } from '../output/status.ts';

export const info = defineCommand({
  flags: {
    ...formatFlags,
    output: { ...formatFlags.output, default: 'json', usage: 'Output format: json, yaml or go-template' },
    quiet: { type: 'boolean', aliases: ['q'], usage: 'Omit verbose information' },
  },
  async run({ app, flags, args, showHelp }) {
    if (args.length > 0) return showHelp();
    await within('getting status of runtime', async () => {
      const answer = await (await app.runtime()).status({ verbose: !flags.quiet }, app.call());
      const status = answer.status ?? RuntimeStatus.fromPartial({});
      const document = {
        status: toProtoJson('RuntimeStatus', status, { unsetMessages: 'omit' }),
        more: {
          ...(answer.runtimeHandlers.length > 0 && {
            runtimeHandlers: answer.runtimeHandlers.map(handlerJson),
          }),
          ...(answer.features && { features: featuresJson(answer.features) }),
        },
        info: answer.info,
      };
      print(await formatStatuses([document], flags));
    });
  },
});

// The real crictl prints these two messages with proto field names and without false values.

function handlerJson({ name, features }: RuntimeHandler): JsonObject {
  return {
    ...(features && {
      features: {
        ...(features.recursiveReadOnlyMounts && { recursive_read_only_mounts: true }),
        ...(features.userNamespaces && { user_namespaces: true }),
      },
    }),
    ...(name !== '' && { name }),
  };
}

function featuresJson(features: RuntimeFeatures): JsonObject {
  return {
    ...(features.supplementalGroupsPolicy && { supplemental_groups_policy: true }),
    ...(features.userNamespacesHostNetwork && { user_namespaces_host_network: true }),
    ...(features.mountOptions && { mount_options: true }),
  };
}
