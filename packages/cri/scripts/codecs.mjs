// Makes types, codecs and service tables of .proto files by protoc with ts-proto.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

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

/** Makes src/generated of a package from these files in its folder proto. */
export function generateCodecs(packageRoot, files) {
  const generated = join(packageRoot, 'src/generated');
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
      ...files,
    ],
    { stdio: 'inherit' },
  );
}
