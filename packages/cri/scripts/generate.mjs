// Makes src/generated from proto/: api.ts, image-progress.ts and pod-starts.ts (types, codecs, service tables) by
// protoc with ts-proto, schema.ts (the fields of every message, for JSON) by the few lines below. Run it with
// `npm run generate` after a change of the proto; it needs Debian's protobuf-compiler.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateCodecs } from './codecs.mjs';

const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));
const generated = join(packageRoot, 'src/generated');

generateCodecs(packageRoot, ['api.proto', 'image-progress.proto', 'pod-starts.proto']);
writeFileSync(
  join(generated, 'schema.ts'),
  schemaSource(readFileSync(join(packageRoot, 'proto/api.proto'), 'utf8')),
);

/** TypeScript of two tables: enum → its values' names and numbers, message → its fields. */
function schemaSource(proto) {
  const tables = { enums: {}, messages: {} };
  const enclosing = [];
  for (const line of proto.split('\n')) {
    const text = line.replace(/\/\/.*/, '').trim();
    const opened = /^(message|enum) (\w+) \{(\})?$/.exec(text);
    const field = /^(repeated )?(map<string, \w+>|\w+) (\w+) = (\d+)( \[.*\])?;$/.exec(text);
    const value = /^(\w+) = (\d+);$/.exec(text);
    const block = enclosing.at(-1);
    if (opened) {
      const name = [...enclosing.map((outer) => outer.name), opened[2]].join('_');
      tables[`${opened[1]}s`][name] = opened[1] === 'enum' ? {} : [];
      if (!opened[3]) enclosing.push({ kind: opened[1], name });
    } else if (text === '}') {
      enclosing.pop();
    } else if (block?.kind === 'enum' && value) {
      tables.enums[block.name][value[1]] = Number(value[2]);
    } else if (block?.kind === 'message' && field) {
      const map = /^map<string, (\w+)>$/.exec(field[2]);
      const kind = map ? 'map' : field[1] ? 'repeated' : 'single';
      tables.messages[block.name].push([field[3], Number(field[4]), kind, map ? map[1] : field[2]]);
    }
  }
  for (const [message, fields] of Object.entries(tables.messages)) {
    for (const field of fields) {
      const nested = `${message}_${field[3]}`;
      if (nested in tables.enums) field[3] = nested;
    }
  }
  return [
    '// Made by scripts/generate.mjs from proto/api.proto.',
    "export type SchemaField = readonly [name: string, number: number, kind: 'single' | 'repeated' | 'map', type: string];",
    `export const enums: Record<string, Record<string, number>> = ${JSON.stringify(tables.enums, null, 1)};`,
    'export const messages: Record<string, readonly SchemaField[]> = {',
    ...Object.entries(tables.messages).map(([name, fields]) => ` ${name}: ${JSON.stringify(fields)},`),
    '};',
    '',
  ].join('\n');
}
