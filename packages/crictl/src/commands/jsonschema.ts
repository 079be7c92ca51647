// The subcommand `jsonschema` of runp, pull, create and run.
import { defineCommand } from '../app/command.ts';
import { jsonSchema } from '../output/json-schema.ts';
import { print } from '../output/print.ts';

/** `runp jsonschema` and `pull jsonschema`. */
export const podSchema = defineCommand({
  flags: {},
  async run() {
    print(jsonSchema('PodSandboxConfig'));
  },
});

/** `create jsonschema` and `run jsonschema`. */
export const configSchema = defineCommand({
  flags: {
    pod: { type: 'boolean', aliases: ['p'], usage: 'Print the schema of pod-config.json' },
    container: { type: 'boolean', aliases: ['c'], usage: 'Print the schema of container-config.json' },
  },
  async run({ given, showHelp }) {
    if (given.size === 0) return showHelp();
    if (given.has('pod')) print(jsonSchema('PodSandboxConfig'));
    if (given.has('container')) print(jsonSchema('ContainerConfig'));
  },
});
