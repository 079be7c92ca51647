// Makes src/generated from proto/: api.ts, image-progress.ts and pod-starts.ts (types, codecs, service tables) by
// protoc with ts-proto, schema.ts (the fields of every message, for JSON) by the few lines below. Run it with
// `npm run generate` after a change of the proto; it needs Debian's protobuf-compiler.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));
const generated = join(packageRoot, 'src/generated');
const options = {
  outputServices: 'generic-definitions',
  forceLong: 'bigint',
  enumsAsLiterals: true,
  unrecognizedEnum: false,
  esModuleInterop: true,
  importSuffix: '.ts',
  outputJsonMethods: false,
  useOptionals: 'none',
  comments: false,
};

mkdirSync(generated, { recursive: true });
const plugin = join(
  dirname(createRequire(import.meta.url).resolve('ts-proto/package.json')),
  'protoc-gen-ts_proto',
);
execFileSync(
  'protoc',
  [
    `--plugin=protoc-gen-ts_proto=${plugin}`,
    `--ts_proto_out=${generated}`,
    `--ts_proto_opt=${Object.entries(options)
      .map(([name, value]) => `${name}=${value}`)
      .join(',')}`,
    `--proto_path=${join(packageRoot, 'proto')}`,
    'api.proto',
    'image-progress.proto',
    'pod-starts.proto',
  ],
  { stdio: 'inherit' },
);
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
