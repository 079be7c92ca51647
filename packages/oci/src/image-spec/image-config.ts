import { JsonCursor } from '@berth/common/json/cursor.ts';
import { quoted } from '@berth/common/printable.ts';
import { type Digest, isDigest } from './digest.ts';

/** The image configuration (OCI image spec, config.md; Docker's is the same for these members). */
export interface ImageConfig {
  architecture: string;
  os: string;
  variant?: string;
  /** RFC 3339. */
  created?: string;
  author?: string;
  /** How to run a container of it. Members keep the specification's capitals. */
  config: ExecutionParameters;
  /** Digests of the uncompressed layers, bottom first. */
  rootfs: { type: 'layers'; diff_ids: Digest[] };
  /** Set where this stands for an OCI artifact: it can be mounted, and no container be made of it. */
  artifactType?: string;
}

export interface ExecutionParameters {
  /** `user`, `uid`, `user:group` or `uid:gid`; empty is root. */
  User?: string;
  /** `8080/tcp`. */
  ExposedPorts?: string[];
  /** `NAME=value`. */
  Env?: string[];
  Entrypoint?: string[];
  Cmd?: string[];
  /** Paths that want a volume. */
  Volumes?: string[];
  WorkingDir?: string;
  Labels?: Record<string, string>;
  /** `SIGTERM` or a number. */
  StopSignal?: string;
}

/** Characters of a user and group: each list of images has them. */
const maxUser = 1024;

/**
 * Reads an image configuration that comes from outside. Docker leaves out or nulls whatever is empty.
 * @throws MalformedDocumentError also for one that tools may read differently
 */
export function parseImageConfig(content: Buffer | string): ImageConfig {
  const json = JsonCursor.parseUnambiguous(content, 'image config');
  const parsed = readImageConfig(json);
  if ((parsed.config.User?.length ?? 0) > maxUser) {
    throw json.error(`config.User is longer than ${maxUser} characters`);
  }
  return parsed;
}

/** Reads an image configuration that was accepted before. */
export function readImageConfig(json: JsonCursor): ImageConfig {
  const diffIds = json
    .field('rootfs')
    .optional((rootfs) => rootfs.field('diff_ids').optional((it) => it.array().map(diffId)));
  return {
    architecture: json.field('architecture').optional((it) => it.string()) ?? '',
    os: json.field('os').optional((it) => it.string()) ?? '',
    ...defined({
      variant: optionalString(json, 'variant'),
      created: optionalString(json, 'created'),
      author: optionalString(json, 'author'),
      artifactType: optionalString(json, 'artifactType'),
    }),
    config: json.field('config').optional(parseExecutionParameters) ?? {},
    // Only layers were ever defined: another type, or none, does not keep other runtimes from unpacking them.
    rootfs: { type: 'layers', diff_ids: diffIds ?? [] },
  };
}

function parseExecutionParameters(json: JsonCursor): ExecutionParameters {
  return defined({
    User: optionalString(json, 'User'),
    ExposedPorts: keys(json, 'ExposedPorts'),
    Env: optionalStrings(json, 'Env'),
    Entrypoint: optionalStrings(json, 'Entrypoint'),
    Cmd: optionalStrings(json, 'Cmd'),
    Volumes: keys(json, 'Volumes'),
    WorkingDir: optionalString(json, 'WorkingDir'),
    Labels: json.field('Labels').optional((it) => it.stringMap()),
    StopSignal: optionalString(json, 'StopSignal'),
  });
}

function diffId(json: JsonCursor): Digest {
  const text = json.string();
  if (!isDigest(text)) throw json.error(`${quoted(text)} is not a digest`);
  return text;
}

function optionalString(json: JsonCursor, name: string): string | undefined {
  return json.field(name).optional((it) => it.string()) || undefined;
}

function optionalStrings(json: JsonCursor, name: string): string[] | undefined {
  return json.field(name).optional((it) => it.strings());
}

/** Sets are written as objects with empty members. */
function keys(json: JsonCursor, name: string): string[] | undefined {
  return json.field(name).optional((it) => Object.keys(it.record()));
}

function defined<T extends object>(object: T): T {
  for (const key in object) if (object[key] === undefined) delete object[key];
  return object;
}
