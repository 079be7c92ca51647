// What a node can leave behind, seen from the kernel: processes, mounts, network namespaces, links, cgroups,
// and the files of folders that a test names. A test takes a census before and after, and compares.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

export interface Census {
  processes: Set<string>;
  mounts: Set<string>;
  namespaces: Set<string>;
  links: Set<string>;
  cgroups: Set<string>;
  files: Set<string>;
}

/** Reads the present state; `folders` are walked for files (a missing one counts as empty). */
export function takeCensus(folders: string[]): Census {
  const processes = new Set<string>();
  const namespaces = new Set<string>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      // Kernel threads come and go by themselves, and have no command line.
      if (command !== '') processes.add(`${pid} ${command}`);
      namespaces.add(readlinkSync(`/proc/${pid}/ns/net`));
    } catch {
      // The process ended while we looked.
    }
  }
  const mounts = new Set<string>();
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n')) {
    const [, , , root = '', target = ''] = line.split(' ');
    mounts.add(target);
    if (root.startsWith('net:[')) namespaces.add(root);
  }
  return {
    processes,
    mounts,
    namespaces,
    links: new Set(readdirSync('/sys/class/net')),
    cgroups: new Set(folderTree('/sys/fs/cgroup', true)),
    files: new Set(folders.flatMap((folder) => folderTree(folder, false))),
  };
}

/** What stands in `after` but not in `before`, a line each: `mount /run/…`. An empty list: nothing leaked. */
export function leaks(before: Census, after: Census, ignore: RegExp = /^$/): string[] {
  const kinds = ['processes', 'mounts', 'namespaces', 'links', 'cgroups', 'files'] as const;
  return kinds.flatMap((kind) =>
    [...after[kind]]
      .filter((name) => !before[kind].has(name))
      .map((name) => `${kind}: ${name}`)
      .filter((line) => !ignore.test(line)),
  );
}

function folderTree(top: string, foldersOnly: boolean): string[] {
  if (!existsSync(top)) return [];
  const found: string[] = [];
  const walk = (dir: string) => {
    let entries: ReturnType<typeof list>;
    try {
      entries = list(dir);
    } catch {
      return;
    }
    for (const entry of entries) {
      const path = join(dir, entry.name);
      if (entry.isDirectory()) {
        if (foldersOnly) found.push(path);
        walk(path);
      } else if (!foldersOnly) {
        found.push(path);
      }
    }
  };
  walk(top);
  return found;
}

function list(dir: string) {
  return readdirSync(dir, { withFileTypes: true });
}
