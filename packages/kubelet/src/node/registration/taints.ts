// Taints as settings write them: `key=value:NoSchedule,key:NoExecute` on the command line, objects in a file.
import { isObject } from '@berth/common/json/is-object.ts';
import type { Taint } from 'kubernetes-types/core/v1.d.ts';
import { labelValue, qualifiedName } from '../../api/names.ts';

const effects: readonly string[] = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** The taints of a command line. Throws a RangeError that quotes the wrong one. */
export function parseTaints(text: string): Taint[] {
  const taints = (text === '' ? [] : text.split(',')).map(parseTaint);
  taints.forEach(({ key, effect }, index) => {
    if (taints.slice(0, index).some((each) => each.key === key && each.effect === effect))
      throw new RangeError(`duplicated taints with the same key and effect: ${key}:${effect}`);
  });
  return taints;
}

function parseTaint(spec: string): Taint {
  const [, key = '', value = '', effect = ''] = /^([^=:]*)(?:=([^=:]*))?:([^:]*)$/.exec(spec) ?? [];
  if (effect === '') throw new RangeError(`invalid taint spec: ${spec}`);
  if (!effects.includes(effect))
    throw new RangeError(`invalid taint effect: ${effect}, unsupported taint effect`);
  const problem = qualifiedName(key) ?? labelValue(value);
  if (problem !== undefined) throw new RangeError(`invalid taint spec: ${spec}, ${problem}`);
  return { key, ...(value !== '' && { value }), effect };
}

/** The taints of a configuration file. Throws a RangeError. */
export function readTaints(list: unknown): Taint[] {
  if (!Array.isArray(list)) throw new RangeError(`must be a list of taints, not ${JSON.stringify(list)}`);
  return list.map((entry) => {
    const { key, value = '', effect = '', timeAdded, ...others } = isObject(entry) ? entry : {};
    if (timeAdded !== undefined && timeAdded !== null)
      throw new RangeError('invalid configuration: taint.TimeAdded is not nil');
    if (
      typeof key !== 'string' ||
      typeof value !== 'string' ||
      typeof effect !== 'string' ||
      Object.keys(others).length > 0 ||
      (qualifiedName(key) ?? labelValue(value)) !== undefined ||
      (effect !== '' && !effects.includes(effect))
    )
      throw new RangeError(`invalid taint: ${JSON.stringify(entry)}`);
    return { key, ...(value !== '' && { value }), effect };
  });
}

/** Taints as on the command line. */
export function taintsText(taints: readonly Taint[]): string {
  return taints.map(({ key, value = '', effect }) => `${key}=${value}:${effect}`).join(',');
}
