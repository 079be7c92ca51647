import { readFileSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';

const maxChangelogBytes = 16 * 1024 * 1024;

/** Directories of dpkg's file lists and of packages' documentation. */
export interface PackageFolders {
  readonly info: string;
  readonly doc: string;
}

const folders: PackageFolders = { info: '/var/lib/dpkg/info', doc: '/usr/share/doc' };

/**
 * The CVEs in the changelog of a program's Debian or Ubuntu package. These distributions backport fixes, so the
 * version number does not show them. Empty for a program without a package.
 */
export function packagedFixes(program: string, { info, doc }: PackageFolders = folders): ReadonlySet<string> {
  try {
    const path = realpathSync(program);
    const name = basename(path);
    // /usr/sbin and /sbin may be the same directory, and packages list one or the other.
    const files = readFileSync(`${info}/${name}.list`, 'utf8').split('\n');
    if (!files.includes(path) && !files.includes(path.replace(/^\/usr/, ''))) return new Set();
    const compressed = readFileSync(`${doc}/${name}/changelog.Debian.gz`);
    const text = gunzipSync(compressed, { maxOutputLength: maxChangelogBytes }).toString();
    return new Set(text.match(/CVE-\d{4}-\d{4,}/g) ?? []);
  } catch {
    // Another distribution, or no documentation installed: only the version number is known.
    return new Set();
  }
}
