import { defineCommand } from '../command.ts';
import { jsonSchema } from '../output/json-schema.ts';

/** `runp jsonschema` and `pull jsonschema`. */
export const podSchema = defineCommand({
  flags: {},
  async run() {
    process.stdout.write(jsonSchema('PodSandboxConfig'));
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
    if (given.has('pod')) process.stdout.write(jsonSchema('PodSandboxConfig'));
    if (given.has('container')) process.stdout.write(jsonSchema('ContainerConfig'));
  },
});
