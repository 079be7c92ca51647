// Debian's changelog, from CHANGELOG.md.

/** A release of CHANGELOG.md. */
interface Release {
  readonly version: string;
  /** YYYY-MM-DD; undefined before it is released. */
  readonly date: string | undefined;
  readonly changes: readonly string[];
}

/** The releases of a CHANGELOG.md, `## VERSION (DATE)` with a list below, the newest first. */
export function parseChangelog(markdown: string): Release[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [, version = '', date = ''] = /^(\S+) \((.*)\)/.exec(section) ?? [];
      if (version === '')
        throw new Error(`CHANGELOG.md: want "## VERSION (DATE)", not ${section.split('\n')[0]}`);
      const changes = section
        .split(/^- /m)
        .slice(1)
        .map((item) => item.trim().replace(/\s*\n\s*/g, ' '));
      return { version, date: /^\d{4}-\d\d-\d\d$/.test(date) ? date : undefined, changes };
    });
}

/** deb-changelog(5). A release without a date has `built`, in seconds since 1970. */
export function debianChangelog(
  releases: readonly Release[],
  { maintainer, built, version }: { maintainer: string; built: number; version: string },
): string {
  return releases
    .map((release, index) => {
      const time =
        release.date === undefined ? new Date(built * 1000) : new Date(`${release.date}T00:00:00Z`);
      const changes = release.changes.map((change) => wrap(`  * ${change}`, '    ')).join('\n');
      const when = time.toUTCString().replace('GMT', '+0000');
      // A package that is made for a test has a version of its own.
      const named = index === 0 ? version : release.version;
      return `berth (${named}) unstable; urgency=medium\n\n${changes}\n\n -- ${maintainer}  ${when}\n`;
    })
    .join('\n');
}

function wrap(text: string, indent: string): string {
  return text
    .replace(/(.{1,76})(?: |$)/g, (_all, line: string, at: number) => `${at === 0 ? '' : indent}${line}\n`)
    .trimEnd();
}
