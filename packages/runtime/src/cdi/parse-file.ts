// Parses a CDI specification file: YAML or JSON, whatever the file's name says, as the reference library does with
// sigs.k8s.io/yaml.
import { isObject } from '@berth/common/json/is-object.ts';
import { readYaml, YamlError } from '@berth/go-yaml/document.ts';
import { goText } from '@berth/go-yaml/go-text.ts';

/** The members of a specification that are numbers or booleans; all other scalars are strings. */
const notTexts = [
  'major',
  'minor',
  'fileMode',
  'uid',
  'gid',
  'timeout',
  'additionalGids',
  'enableMonitoring',
].map((name) => name.toLowerCase());

/** The value of the file. Throws a YamlError with the position, also for a duplicate member. */
export function parseCdiFile(content: Uint8Array | string): unknown {
  const [document] = readYaml(content);
  if (document === undefined) return null;
  if (document instanceof YamlError) throw document;
  const [warning] = document.warnings;
  if (warning !== undefined) throw new YamlError(warning);
  return withTexts(document.value, '');
}

/** A number or boolean in place of a string (`name: 0`) is read as that string. */
function withTexts(value: unknown, member: string): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => withTexts(item, member));
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withTexts(each, name)]));
  }
  const isScalar = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';
  return isScalar && !notTexts.includes(member.toLowerCase()) ? goText(value) : value;
}
