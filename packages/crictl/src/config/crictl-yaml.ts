// The file /etc/crictl.yaml: a flat map of options, read at every start and written by `crictl config`.
import { parseBoolean } from '../cli/flags.ts';

export interface CrictlYaml {
  'runtime-endpoint': string;
  'image-endpoint': string;
  /** Seconds; 0 or less means the default. */
  timeout: number;
  debug: boolean;
  'pull-image-on-create': boolean;
  'disable-pull-on-run': boolean;
  'max-retries': number;
}

export type OptionName = keyof CrictlYaml;

/** Every option at the value that an empty file gives it, in the order that listings use. */
export const emptyConfig: Readonly<CrictlYaml> = {
  'runtime-endpoint': '',
  'image-endpoint': '',
  timeout: 0,
  debug: false,
  'pull-image-on-create': false,
  'disable-pull-on-run': false,
  'max-retries': 0,
};

export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(emptyConfig, name);
}

/** A copy of `config` with one option set from text. Throws on unknown names and unfit values. */
export function withOption(config: CrictlYaml, name: string, text: string): CrictlYaml {
  if (!isOptionName(name)) throw new Error(`no configuration option named ${name}`);
  const current = config[name];
  if (typeof current === 'string') return { ...config, [name]: text };
  const value =
    typeof current === 'boolean' ? parseBoolean(text) : /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
  if (value === undefined) throw new Error(`parse ${name} value '${text}': invalid syntax`);
  return { ...config, [name]: value };
}

/** Reads the text of a crictl.yaml. Throws an Error that names the option at fault. */
export async function parseCrictlYaml(text: string): Promise<CrictlYaml> {
  let config: CrictlYaml = { ...emptyConfig };
  for (const [name, value] of simplePairs(text) ?? (await yamlPairs(text))) {
    if (!isOptionName(name)) throw new Error(`Config option '${name}' is not valid`);
    config = withOption(config, name, value);
  }
  return config;
}

/** Most files are lines of `name: word`; those need no YAML parser, which takes 15 ms to load. */
function simplePairs(text: string): [string, string][] | undefined {
  const pairs: [string, string][] = [];
  for (const line of text.split('\n')) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const match = /^([a-z-]+):[ \t]+(?:"([^"\\]*)"|'([^']*)'|([A-Za-z0-9/][^\s#'"]*))[ \t]*(?:#.*)?\r?$/.exec(
      line,
    );
    if (!match) return undefined;
    pairs.push([match[1] ?? '', match[2] ?? match[3] ?? match[4] ?? '']);
  }
  return pairs;
}

async function yamlPairs(text: string): Promise<[string, string][]> {
  const { parse } = await import('yaml');
  const document: unknown = parse(text, { schema: 'failsafe' });
  if (document === null || document === '') return [];
  if (typeof document !== 'object' || Array.isArray(document)) throw new Error('expected a map of options');
  return Object.entries(document).map(([name, value]): [string, string] => [name, String(value ?? '')]);
}

/** The file with every option in it, comments of `previous` kept. */
export async function writeCrictlYaml(previous: string, config: CrictlYaml): Promise<string> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(previous);
  for (const [name, value] of Object.entries(config)) document.set(name, value);
  return document.toString();
}
