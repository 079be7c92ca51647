// Types and parser of the image configuration. Images are untrusted: parsing also limits what CRI responses repeat.
import { JsonCursor } from '@berth/common/json/cursor.ts';
import { quoted } from '@berth/common/printable.ts';
import { type Digest, isDigest } from './digest.ts';

/** The image configuration (OCI image spec, config.md; Docker's has the same members). */
export interface ImageConfig {
  architecture: string;
  os: string;
  variant?: string;
  /** RFC 3339. */
  created?: string;
  author?: string;
  /** The configuration of containers. Members are spelled as in the specification. */
  config: ExecutionParameters;
  /** Digests of the uncompressed layers, bottom first. */
  rootfs: { type: 'layers'; diff_ids: Digest[] };
  /** Set for an OCI artifact, which can be mounted but not run. */
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
  /** Paths of declared volumes. */
  Volumes?: string[];
  WorkingDir?: string;
  Labels?: Record<string, string>;
  /** `SIGTERM` or a number. */
  StopSignal?: string;
}

/** Maximum length of user and group, which every ListImages response contains. */
const maxUser = 1024;

/**
 * Parses an image configuration from outside. Docker omits empty members or sets them to null.
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

/** Parses an image configuration that was accepted before. */
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
    // The specification defines no other type than layers, and other runtimes ignore the member.
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

/** Sets are objects with empty members. */
function keys(json: JsonCursor, name: string): string[] | undefined {
  return json.field(name).optional((it) => Object.keys(it.record()));
}

function defined<T extends object>(object: T): T {
  for (const key in object) if (object[key] === undefined) delete object[key];
  return object;
}
