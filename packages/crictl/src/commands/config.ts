import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { defineCommand } from '../command.ts';
import {
  type CrictlYaml,
  emptyConfig,
  isOptionName,
  parseCrictlYaml,
  withOption,
  writeCrictlYaml,
} from '../config/crictl-yaml.ts';
import { within } from '../errors.ts';
import { formatTable } from '../output/table.ts';

export const config = defineCommand({
  argsUsage: '[OPTION VALUE]',
  description: [
    'Shows and changes crictl.yaml:',
    '  crictl config --list',
    '  crictl config --get debug',
    '  crictl config --set debug=true,timeout=10',
    '  crictl config debug true',
    '',
    `Options: ${Object.keys(emptyConfig).join(', ')}`,
  ].join('\n'),
  flags: {
    get: { type: 'string', usage: 'Print the value of an option' },
    set: { type: 'strings', usage: 'Change options, as option=value' },
    list: { type: 'boolean', usage: 'Print all options' },
  },
  async run({ app, flags, given, args, showHelp }) {
    const path = app.settings.configPath;
    const text = await readOrCreate(path);
    const current = await within('load config file', () => parseCrictlYaml(text));
    const save = async (changed: CrictlYaml) =>
      writeFile(path, await writeCrictlYaml(text, changed), { mode: 0o600 });

    if (given.has('get')) {
      if (!isOptionName(flags.get)) throw new Error(`no configuration option named ${flags.get}`);
      process.stdout.write(`${current[flags.get]}\n`);
    } else if (given.has('set')) {
      await save(flags.set.reduce((changed, setting) => withSetting(changed, setting), current));
    } else if (flags.list) {
      const rows = Object.entries(current).map(([name, value]) => [name, String(value)]);
      process.stdout.write(formatTable([['KEY', 'VALUE'], ...rows]));
    } else {
      const [name, value = ''] = args;
      if (name === undefined) return showHelp();
      await save(await within(`set "${name}" to "${value}"`, () => withOption(current, name, value)));
    }
  },
});

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
    await writeFile(path, text, { mode: 0o600 });
    return text;
  }
}
