// `crictl config`: reads and changes options in crictl.yaml, keeping its comments.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { defineCommand } from '../app/command.ts';
import {
  type CrictlYaml,
  emptyConfig,
  isOptionName,
  parseCrictlYaml,
  withOption,
  writeCrictlYaml,
} from '../config/crictl-yaml.ts';
import { within } from '../errors/within.ts';
import { print } from '../output/print.ts';
import { formatTable } from '../output/table.ts';

export const config = defineCommand({
  argsUsage: `[<crictl options>]

EXAMPLES:
   # Have calls logged
   crictl config --set debug=true

   # The same in fewer words
   crictl config debug true

   # Are they logged?
   crictl config --get debug

   # All options
   crictl config --list

CRICTL OPTIONS:
   runtime-endpoint:      Socket of the container runtime (default: "")
   image-endpoint:        Socket of the image service (default: "")
   timeout:               Seconds that a request may take (default: 2)
   debug:                 Log requests and responses (default: false)
   pull-image-on-create:  Pull images that containers are created of (default: false)
   disable-pull-on-run:   Run containers without pulling their images (default: false)`,
  flags: {
    get: { type: 'string', usage: 'Print the value of an option' },
    set: { type: 'strings', usage: 'Set options, as option=value' },
    list: { type: 'boolean', usage: 'Print all options' },
  },
  async run({ app, flags, given, args, showHelp }) {
    const path = app.settings.configPath;
    const text = await readOrCreate(path);
    const current = await within('load config file', () => parseCrictlYaml(text));
    const save = async (changed: CrictlYaml) =>
      writeFile(path, await writeCrictlYaml(text, changed), { mode: 0o644 });

    if (given.has('get')) {
      if (!isOptionName(flags.get)) throw new Error(`no configuration option named ${flags.get}`);
      print(`${current[flags.get]}\n`);
    } else if (given.has('set')) {
      await save(flags.set.reduce((changed, setting) => withSetting(changed, setting), current));
    } else if (flags.list) {
      const rows = Object.entries(current).map(([name, value]) => [name, String(value)]);
      print(`${clearScreen}${formatTable([['KEY', 'VALUE'], ...rows])}`);
    } else {
      const [name, value = ''] = args;
      if (name === undefined || name === '') return showHelp();
      app.logger.info(`No --get, --set or --list provided, setting key "${name}" to value "${value}"`);
      await save(await within(`set "${name}" to "${value}"`, () => withOption(current, name, value)));
    }
  },
});

/** The real crictl clears the screen for this list, also in pipes. */
const clearScreen = '\x1b[2J\x1b[H';

function withSetting(config: CrictlYaml, setting: string): CrictlYaml {
  const [name, value, ...rest] = setting.split('=');
  if (name === undefined || value === undefined || rest.length > 0) {
    throw new Error(`incorrectly specified option: ${setting}`);
  }
  return withOption(config, name, value);
}

async function readOrCreate(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    const text = await writeCrictlYaml('', emptyConfig);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { mode: 0o644 });
    return text;
  }
}
