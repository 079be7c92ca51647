/** One line of /proc/PID/mountinfo, see proc_pid_mountinfo(5). */
export interface MountInfo {
  id: number;
  parentId: number;
  /** `major:minor` of the file system. */
  device: string;
  /** The mounted directory within the file system; of an nsfs mount e.g. `net:[4026531840]`. */
  root: string;
  mountPoint: string;
  /** Options of this mount, e.g. `['rw', 'relatime']`. */
  options: string[];
  /** Peer group number when the mount is shared. */
  shared?: number;
  /** Peer group number that the mount is a slave of. */
  master?: number;
  unbindable: boolean;
  fstype: string;
  source: string;
  /** Options of the file system, e.g. `['rw', 'lowerdir=…']`. */
  superOptions: string[];
}

/** Parses /proc/PID/mountinfo. Throws on a line that lacks fields, naming it. */
export function parseMountInfo(text: string): MountInfo[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(parseLine);
}

/** The mount that a path without symbolic links is on: the last one, which hides those before; undefined for none. Pure. */
export function mountWithPath<Mount extends Pick<MountInfo, 'mountPoint'>>(
  table: readonly Mount[],
  path: string,
): Mount | undefined {
  return table.findLast(
    ({ mountPoint }) => mountPoint === '/' || mountPoint === path || path.startsWith(`${mountPoint}/`),
  );
}

function parseLine(line: string): MountInfo {
  const fields = line.split(' ');
  const separator = fields.indexOf('-', 6);
  const [id, parentId, device, root, mountPoint, options] = fields;
  const [fstype, source, superOptions] = separator < 0 ? [] : fields.slice(separator + 1);
  if (
    id === undefined ||
    parentId === undefined ||
    device === undefined ||
    root === undefined ||
    mountPoint === undefined ||
    options === undefined ||
    fstype === undefined ||
    source === undefined
  ) {
    throw new Error(`mountinfo: a line lacks fields: ${line}`);
  }
  const tags = fields.slice(6, separator);
  const shared = tagNumber(tags, 'shared');
  const master = tagNumber(tags, 'master');
  return {
    id: Number(id),
    parentId: Number(parentId),
    device,
    root: unescapeOctal(root),
    mountPoint: unescapeOctal(mountPoint),
    options: options.split(','),
    ...(shared === undefined ? {} : { shared }),
    ...(master === undefined ? {} : { master }),
    unbindable: tags.includes('unbindable'),
    fstype: unescapeOctal(fstype),
    source: unescapeOctal(source),
    superOptions: (superOptions ?? '').split(','),
  };
}

function tagNumber(tags: string[], name: string): number | undefined {
  const tag = tags.find((candidate) => candidate.startsWith(`${name}:`));
  return tag === undefined ? undefined : Number(tag.slice(name.length + 1));
}

/** The kernel escapes space, tab, newline, backslash and (in sources) hash as `\` and three octal digits. */
function unescapeOctal(text: string): string {
  if (!text.includes('\\')) return text;
  // Decode bytes, not characters: multi-byte characters may stand beside escapes.
  const bytes = Buffer.from(text).toString('latin1');
  const plain = bytes.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return Buffer.from(plain, 'latin1').toString();
}
