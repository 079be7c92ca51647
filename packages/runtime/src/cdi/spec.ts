// Types and parser of CDI specification files. parse-file.ts decodes their YAML or JSON first.

import { isSameMember } from '@berth/common/json/ambiguous.ts';
import { JsonCursor } from '@berth/common/json/cursor.ts';
import type { Hook, Hooks, LinuxDevice, LinuxIntelRdt, Mount } from '@berth/oci/runtime-spec/config.ts';
import { isDeviceName, isKind } from './names.ts';

/** A device node to add. Omitted properties come from the host's device at `hostPath`, else at `path`. */
export interface CdiDeviceNode extends Partial<Omit<LinuxDevice, 'path'>> {
  path: string;
  hostPath?: string;
  /** A combination of r, w and m, or `none`; all three when absent. */
  permissions?: string;
}

/** The changes that a device, or any device of a specification, makes to a container. */
export interface ContainerEdits {
  env: string[];
  deviceNodes: CdiDeviceNode[];
  netDevices: { host: string; name: string }[];
  mounts: Mount[];
  hooks: { name: keyof Hooks; hook: Hook }[];
  additionalGids: number[];
  intelRdt?: LinuxIntelRdt;
}

/** A CDI specification file: devices of one kind, and the edits that come with any of them. */
export interface CdiSpec {
  /** `vendor.com/class`. */
  kind: string;
  devices: Map<string, ContainerEdits>;
  edits: ContainerEdits;
}

const versions = ['0.1.0', '0.2.0', '0.3.0', '0.4.0', '0.5.0', '0.6.0', '0.7.0', '0.8.0', '1.0.0', '1.1.0'];
const hookNames = [
  'prestart',
  'createRuntime',
  'createContainer',
  'startContainer',
  'poststart',
  'poststop',
] as const;

/**
 * Reads a parsed CDI file. Members that no version of the specification has are refused, so that no part of a
 * device is lost silently.
 * @throws MalformedDocumentError that names the field
 */
export function parseCdiSpec(value: unknown, file: string): CdiSpec {
  const spec = known(new JsonCursor(value, file), [
    'cdiVersion',
    'kind',
    'annotations',
    'devices',
    'containerEdits',
  ]);
  const version = spec.field('cdiVersion');
  if (!versions.includes(version.string().replace(/^v/, ''))) {
    throw version.error(`invalid version ${JSON.stringify(version.value)}; known are ${versions.join(', ')}`);
  }
  const kind = spec.field('kind');
  if (!isKind(kind.string())) throw kind.error(`invalid kind ${JSON.stringify(kind.value)}`);
  spec.field('annotations').optional((annotations) => annotations.stringMap());
  const devices = new Map<string, ContainerEdits>();
  for (const device of spec.field('devices').array()) {
    known(device, ['name', 'annotations', 'containerEdits']);
    const name = device.field('name');
    if (!isDeviceName(name.string())) throw name.error(`invalid device name ${JSON.stringify(name.value)}`);
    if (devices.has(name.string()))
      throw name.error(`invalid spec, multiple device ${JSON.stringify(name.value)}`);
    const edits = device.field('containerEdits');
    const parsed = parseEdits(edits);
    if (isEmpty(parsed)) throw edits.error(`invalid device, empty device edits`);
    devices.set(name.string(), parsed);
  }
  if (devices.size === 0) throw spec.error('invalid spec, no devices');
  return { kind: kind.string(), devices, edits: parseEdits(spec.field('containerEdits')) };
}

function parseEdits(edits: JsonCursor): ContainerEdits {
  if (!edits.isPresent) {
    return { env: [], deviceNodes: [], netDevices: [], mounts: [], hooks: [], additionalGids: [] };
  }
  known(edits, ['env', 'deviceNodes', 'netDevices', 'hooks', 'mounts', 'intelRdt', 'additionalGids']);
  const list = <Item>(name: string, parse: (item: JsonCursor) => Item): Item[] =>
    edits.field(name).optional((items) => items.array().map(parse)) ?? [];
  const intelRdt = edits.field('intelRdt').optional(parseIntelRdt);
  return {
    env: list('env', variable),
    deviceNodes: list('deviceNodes', parseDeviceNode),
    netDevices: parseNetDevices(edits.field('netDevices')),
    mounts: list('mounts', parseMount),
    hooks: list('hooks', parseHook),
    additionalGids: list('additionalGids', (gid) => gid.count()),
    ...(intelRdt === undefined ? {} : { intelRdt }),
  };
}

function isEmpty({ intelRdt, ...lists }: ContainerEdits): boolean {
  return intelRdt === undefined && Object.values(lists).every(({ length }) => length === 0);
}

function parseDeviceNode(node: JsonCursor): CdiDeviceNode {
  known(node, [...['path', 'hostPath', 'type', 'major', 'minor', 'fileMode', 'permissions', 'uid', 'gid']]);
  const text = (name: string) => node.field(name).optional((field) => field.string() || undefined);
  const count = (name: string) => node.field(name).optional((field) => field.count());
  const type = text('type');
  if (type !== undefined && !isDeviceType(type)) {
    throw node.field('type').error(`invalid type ${JSON.stringify(type)}`);
  }
  const permissions = text('permissions');
  if (permissions !== undefined && !/^([rwm]+|none)$/.test(permissions)) {
    throw node.field('permissions').error(`invalid permissions ${JSON.stringify(permissions)}`);
  }
  return withoutUndefined({
    path: nonEmpty(node.field('path')),
    hostPath: text('hostPath'),
    type,
    // The specification's own library writes an unset value as zero.
    major: count('major') || undefined,
    minor: count('minor') || undefined,
    fileMode: count('fileMode'),
    permissions,
    uid: count('uid'),
    gid: count('gid'),
  });
}

/** Network interfaces of the host that move into the container, each with its name there. */
function parseNetDevices(list: JsonCursor): ContainerEdits['netDevices'] {
  if (!list.isPresent) return [];
  const taken = new Set<string>();
  return list.array().map((device) => {
    known(device, ['hostInterfaceName', 'name']);
    const host = nonEmpty(device.field('hostInterfaceName'));
    const name = nonEmpty(device.field('name'));
    if (taken.has(`host ${host}`) || taken.has(`name ${name}`)) {
      throw device.error(`invalid linux net device, ${host} or ${name} is there twice`);
    }
    taken.add(`host ${host}`).add(`name ${name}`);
    return { host, name };
  });
}

function isDeviceType(type: string): type is LinuxDevice['type'] {
  return ['b', 'c', 'u', 'p'].includes(type);
}

function parseMount(mount: JsonCursor): Mount {
  known(mount, ['hostPath', 'containerPath', 'options', 'type']);
  return withoutUndefined({
    destination: nonEmpty(mount.field('containerPath')),
    source: nonEmpty(mount.field('hostPath')),
    options: mount.field('options').optional((options) => options.strings()),
    type: mount.field('type').optional((type) => type.string() || undefined),
  });
}

function parseHook(hook: JsonCursor): { name: keyof Hooks; hook: Hook } {
  known(hook, ['hookName', 'path', 'args', 'env', 'timeout']);
  const wanted = hook.field('hookName').string();
  const name = hookNames.find((each) => each === wanted);
  if (name === undefined) throw hook.field('hookName').error(`invalid hook name ${JSON.stringify(wanted)}`);
  return {
    name,
    hook: withoutUndefined({
      path: nonEmpty(hook.field('path')),
      args: hook.field('args').optional((args) => args.strings()),
      env: hook.field('env').optional((env) => env.array().map(variable)),
      timeout: hook.field('timeout').optional((timeout) => timeout.count()),
    }),
  };
}

function parseIntelRdt(rdt: JsonCursor): LinuxIntelRdt {
  known(rdt, ['closID', 'l3CacheSchema', 'memBwSchema', 'schemata', 'enableMonitoring']);
  const text = (name: string) => rdt.field(name).optional((field) => field.string());
  return withoutUndefined({
    closID: text('closID'),
    l3CacheSchema: text('l3CacheSchema'),
    memBwSchema: text('memBwSchema'),
    schemata: rdt.field('schemata').optional((schemata) => schemata.strings()),
    enableMonitoring: rdt.field('enableMonitoring').optional((enabled) => enabled.boolean()),
  });
}

function variable(entry: JsonCursor): string {
  const text = entry.string();
  if (text.indexOf('=') <= 0) throw entry.error(`invalid environment variable ${JSON.stringify(text)}`);
  return text;
}

function nonEmpty(cursor: JsonCursor): string {
  const text = cursor.string();
  if (text === '') throw cursor.error('is empty');
  return text;
}

function known(cursor: JsonCursor, names: readonly string[]): JsonCursor {
  const extra = Object.keys(cursor.record()).find((name) => !names.some((each) => isSameMember(each, name)));
  if (extra !== undefined) throw cursor.error(`unknown field ${JSON.stringify(extra)}`);
  return cursor;
}

/** Drops members without a value: config.json distinguishes an absent member from an empty one. */
function withoutUndefined<Members extends object>(
  members: Members,
): { [Key in keyof Members]: Exclude<Members[Key], undefined> } {
  const present = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as { [Key in keyof Members]: Exclude<Members[Key], undefined> };
}
