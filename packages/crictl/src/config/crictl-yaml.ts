// The file /etc/crictl.yaml: a flat map of options, read at every start and written by `crictl config`.
import { isObject } from '@berth/common/json/is-object.ts';
import { parseBoolean } from '../cli/flags.ts';

export interface CrictlYaml {
  'runtime-endpoint': string;
  'image-endpoint': string;
  /** Seconds; 0 or less means the default. */
  timeout: number;
  debug: boolean;
  'pull-image-on-create': boolean;
  'disable-pull-on-run': boolean;
}

export type OptionName = keyof CrictlYaml;

/** The values of an empty file, in the order of listings. */
export const emptyConfig: Readonly<CrictlYaml> = {
  'runtime-endpoint': '',
  'image-endpoint': '',
  timeout: 0,
  debug: false,
  'pull-image-on-create': false,
  'disable-pull-on-run': false,
};

export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(emptyConfig, name);
}

/** A copy of `config` with one option set from text. Throws for unknown names and invalid values. */
export function withOption(config: CrictlYaml, name: string, text: string): CrictlYaml {
  if (!isOptionName(name)) throw new Error(`no configuration option named ${name}`);
  const current = config[name];
  if (typeof current === 'string') return { ...config, [name]: text };
  const value =
    typeof current === 'boolean' ? parseBoolean(text) : /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
  if (value === undefined)
    throw new UnfitValue(typeof current === 'boolean' ? 'ParseBool' : 'Atoi', name, text);
  return { ...config, [name]: value };
}

/** A text that is not a boolean or not a number. The message ends with that of Go's parser. */
class UnfitValue extends Error {
  override readonly name = 'UnfitValue';
  readonly problem: string;

  constructor(parser: string, option: string, text: string) {
    const problem = `strconv.${parser}: parsing ${JSON.stringify(text)}: invalid syntax`;
    super(`parse ${option} value '${text}': ${problem}`);
    this.problem = problem;
  }
}

/** Parses a crictl.yaml. Throws an Error that names the invalid option. */
export async function parseCrictlYaml(text: string): Promise<CrictlYaml> {
  let config: CrictlYaml = { ...emptyConfig };
  for (const [name, value] of simplePairs(text) ?? (await yamlPairs(text))) {
    if (!isOptionName(name)) throw new Error(`Config option '${name}' is not valid`);
    try {
      config = withOption(config, name, value);
    } catch (error) {
      const problem = error instanceof UnfitValue ? error.problem : String(error);
      throw new Error(`parsing config option '${name}': ${problem}`, { cause: error });
    }
  }
  return config;
}

/** Parses files of `name: word` lines, as most are, without the YAML parser, which takes 15 ms to load. */
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
  const { parse, YAMLParseError } = await import('yaml');
  try {
    const document: unknown = parse(text, { schema: 'failsafe', uniqueKeys: false });
    const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
    // The first two items of a list are a name and its value, as in the real crictl.
    if (Array.isArray(document)) {
      return document.length < 2 ? [] : [[textOf(document[0]), textOf(document[1])]];
    }
    if (!isObject(document)) return [];
    return Object.entries(document).map(([name, value]) => [name, textOf(value)]);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    // The other lines of the message show the position.
    const [problem = ''] = error.message.split('\n');
    throw new Error(`yaml: ${problem.replace(/:$/, '')}`, { cause: error });
  }
}

/** The text of a file with all options. Keeps the comments and quotes of `previous`. */
export async function writeCrictlYaml(previous: string, config: CrictlYaml): Promise<string> {
  const { isMap, isNode, isScalar, parseDocument } = await import('yaml');
  const document = parseDocument(previous, { uniqueKeys: false });
  const pairs = isMap(document.contents) ? document.contents.items : [];
  for (const { key } of pairs) if (isNode(key)) key.spaceBefore = false;
  for (const [name, value] of Object.entries(config)) {
    const known = pairs.filter(({ key }) => isScalar(key) && key.value === name);
    if (known.length === 0) document.set(name, value);
    for (const pair of known) {
      const scalar = pair.value;
      if (!isScalar(scalar)) {
        document.set(name, value);
        continue;
      }
      const isQuoted = scalar.type === 'QUOTE_DOUBLE' || scalar.type === 'QUOTE_SINGLE';
      scalar.value = isQuoted ? String(value) : value;
    }
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
