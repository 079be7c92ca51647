// The jsonschema subcommands of create, run, runp and pull.
import type { CommandEntry } from '../app/command.ts';

const common = { name: 'jsonschema', aliases: ['js'] };

export const podSchemaCommands: readonly CommandEntry[] = [
  {
    ...common,
    usage: 'Print the JSON schema of pod-config.json',
    load: async () => (await import('./jsonschema.ts')).podSchema,
  },
];

export const configSchemaCommands: readonly CommandEntry[] = [
  {
    ...common,
    usage: 'Print the JSON schema of a pod or container config',
    load: async () => (await import('./jsonschema.ts')).configSchema,
  },
];
