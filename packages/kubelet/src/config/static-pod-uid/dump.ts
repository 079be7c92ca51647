// Writes a pod as the real kubelet prints it to derive its UID: the "%#v" of github.com/davecgh/go-spew without
// addresses and with sorted keys, which shows every field of every Go struct, given or not.
import { isObject } from '@berth/common/json/is-object.ts';
import { goType } from '../../api/go-type.ts';
import { dumpQuantity } from './dump-quantity.ts';
import { dumpTime } from './dump-time.ts';

/** The text of a value of JSON's that Go decodes to this type; null and what is of another type are not given. */
export function dump(typeName: string, value: unknown): string {
  const type = goType(typeName);
  switch (type.kind) {
    case 'pointer':
      return value === undefined || value === null ? '<nil>' : dump(type.of, value);
    case 'slice':
      if (!Array.isArray(value)) return '<nil>';
      return `[${value.map((entry) => dump(type.of, entry)).join(' ')}]`;
    case 'map':
      return dumpMap(typeName, type.of, value);
    case 'struct': {
      const given = isObject(value) ? value : {};
      const fields = type.fields.map(
        (field) =>
          `${field.name}:(${field.type})${dump(field.type, field.json === undefined ? given : given[field.json])}`,
      );
      return `{${fields.join(' ')}}`;
    }
    case 'string':
      return typeof value === 'string' ? value : '';
    case 'bool':
      return String(value === true);
    case 'int':
      return dumpInteger(value);
    case 'intOrString':
      return typeof value === 'string'
        ? `{Type:(intstr.Type)1 IntVal:(int32)0 StrVal:(string)${value}}`
        : `{Type:(intstr.Type)0 IntVal:(int32)${dumpInteger(value)} StrVal:(string)}`;
    case 'quantity':
      return dumpQuantity(value);
    case 'time':
      return dumpTime(value);
    case 'fieldsV1':
      return `{Raw:([]uint8)[${Buffer.from(goJson(value)).join(' ')}]}`;
  }
}

function dumpInteger(value: unknown): string {
  return typeof value === 'bigint' || typeof value === 'number' ? String(value) : '0';
}

function dumpMap(typeName: string, of: string, value: unknown): string {
  if (!isObject(value)) return '<nil>';
  // The API rounds the quantities of resources up to thousandths.
  const places = typeName === 'core.ResourceList' ? 3 : undefined;
  const entries = Object.keys(value)
    .sort(byBytes)
    .map((key) => `${key}:${places === undefined ? dump(of, value[key]) : dumpQuantity(value[key], places)}`);
  return `map[${entries.join(' ')}]`;
}

/** JSON as Go writes it: sorted keys, and three characters of HTML as escapes. */
function goJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, entry: unknown) =>
    isObject(entry) ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => byBytes(a, b))) : entry,
  );
  return text.replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Go compares strings by their bytes in UTF-8, which is another order than JavaScript's beyond U+FFFF. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
