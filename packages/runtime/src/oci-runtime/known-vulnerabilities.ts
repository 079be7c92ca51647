/** A published vulnerability of an OCI runtime that containers of berthd can exploit. */
export interface Vulnerability {
  readonly cve: string;
  /** First versions with the fix, ascending, one of each branch that has it. */
  readonly fixedIn: readonly string[];
  /** First version with the fault, where it is not the first of all. */
  readonly since?: string;
}

const rc = (number: number) => `1.0.0-rc${number}`;
const november2025 = ['1.2.8', '1.3.3', '1.4.0-rc.3'];

/**
 * From the projects' advisories and release notes, as of November 2026; above each is what a container or an image
 * does with it. Those of rootless containers
 * (CVE-2023-25809), of krun (CVE-2025-24965, CVE-2026-84042), of `crun exec --user` (CVE-2026-30892, berthd passes
 * the whole process) and of containers without a fresh /dev (CVE-2026-88264, CVE-2026-88265) are not reached.
 */
const vulnerabilities: Readonly<Record<string, readonly Vulnerability[]>> = {
  runc: [
    // Overwrites the host's runc
    { cve: 'CVE-2019-5736', fixedIn: [rc(7)] },
    // Runs without AppArmor
    { cve: 'CVE-2019-16884', fixedIn: [rc(9)] },
    // Escapes by an image's volumes
    { cve: 'CVE-2019-19921', fixedIn: [rc(10)] },
    // Mounts the host by a symlink race
    { cve: 'CVE-2021-30465', fixedIn: [rc(95)] },
    // Adds namespaces to a container
    { cve: 'CVE-2021-43784', fixedIn: ['1.0.3'] },
    // Has inheritable capabilities
    { cve: 'CVE-2022-29162', fixedIn: ['1.1.2'] },
    // Escapes by an image's volumes
    { cve: 'CVE-2023-27561', since: rc(95), fixedIn: ['1.1.5'] },
    // Runs without AppArmor or SELinux
    { cve: 'CVE-2023-28642', fixedIn: ['1.1.5'] },
    // Opens the host's files
    { cve: 'CVE-2024-21626', since: rc(93), fixedIn: ['1.1.12'] },
    // Makes empty files on the host
    { cve: 'CVE-2024-45310', fixedIn: ['1.1.14', '1.2.0-rc.3'] },
    // Escapes by masked paths
    { cve: 'CVE-2025-31133', fixedIn: november2025 },
    // Escapes by /dev/console
    { cve: 'CVE-2025-52565', since: rc(3), fixedIn: november2025 },
    // Escapes by writes to /proc
    { cve: 'CVE-2025-52881', fixedIn: november2025 },
    // Writes to the host by an image's /dev
    { cve: 'CVE-2026-41579', fixedIn: ['1.3.6', '1.4.3', '1.5.0-rc.3'] },
    // Mounts the host when a checkpoint is restored
    { cve: 'CVE-2026-119101', fixedIn: ['1.3.7', '1.4.4', '1.5.3', '1.6.0-rc.2'] },
    // Uses memory by a large /etc/passwd
    { cve: 'CVE-2026-135844', fixedIn: ['1.6.0'] },
  ],
  crun: [
    // Runs without SELinux
    { cve: 'CVE-2019-16884', fixedIn: ['0.10'] },
    // Opens the host's files
    { cve: 'CVE-2019-18837', fixedIn: ['0.10.5'] },
    // Has inheritable capabilities
    { cve: 'CVE-2022-27650', fixedIn: ['1.4.4'] },
    // Makes devices on the host by an image's /dev
    { cve: 'CVE-2026-47766', fixedIn: ['1.28'] },
    // Mounts the host when a checkpoint is restored
    { cve: 'CVE-2026-115520', fixedIn: ['1.31'] },
    // Writes to a read-only root
    { cve: 'CVE-2026-115521', fixedIn: ['1.31'] },
  ],
};

/** Where to get a runtime that has no known vulnerability, by its name. */
const sources: Readonly<Record<string, string>> = {
  runc: 'https://github.com/opencontainers/runc/releases',
  crun: 'https://github.com/containers/crun/releases',
};

/** What `--version` says of a runtime. */
export interface RuntimeVersion {
  /** `runc` or `crun`; of others nothing is known. */
  readonly name: string;
  readonly version: string;
}

/** Reads the first line of `--version`, as `runc version 1.1.5+ds1`. */
export function parseRuntimeVersion(output: string): RuntimeVersion | undefined {
  const [, name, version] = /^(\S+) version v?(\d\S*)$/m.exec(output) ?? [];
  return name === undefined || version === undefined ? undefined : { name, version };
}

/**
 * The known vulnerabilities of a runtime. Pure.
 *
 * @param fixed CVEs that its package says it has fixes for: distributions keep the version number and add patches
 */
export function vulnerabilitiesOf(
  { name, version }: RuntimeVersion,
  fixed: ReadonlySet<string> = new Set(),
): Vulnerability[] {
  return (vulnerabilities[name] ?? []).filter(
    ({ cve, fixedIn, since }) =>
      !fixed.has(cve) &&
      (since === undefined || compareVersions(version, since) >= 0) &&
      isBefore(version, fixedIn),
  );
}

/** Whether a version lacks the fix: the one of its own branch, or else the newest. */
function isBefore(version: string, fixedIn: readonly string[]): boolean {
  const fix = fixedIn.find((candidate) => branch(candidate) === branch(version)) ?? fixedIn.at(-1) ?? version;
  return compareVersions(version, fix) < 0;
}

function branch(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/** The warning about a runtime's vulnerabilities, with the remedy; undefined when none is known. */
export interface VulnerabilityAdvice {
  readonly problem: string;
  readonly todo: string;
}

export function adviceFor(
  runtime: RuntimeVersion,
  known: readonly Vulnerability[],
): VulnerabilityAdvice | undefined {
  if (known.length === 0) return undefined;
  const groups = Map.groupBy(known, ({ fixedIn }) => fixedIn.join(', '));
  const list = [...groups].map(
    ([versions, group]) => `${group.map(({ cve }) => cve).join(', ')} (fixed in ${versions})`,
  );
  const newest =
    known
      .flatMap(({ fixedIn }) => fixedIn.at(-1) ?? [])
      .sort(compareVersions)
      .at(-1) ?? '';
  return {
    problem: `${runtime.name} ${runtime.version} has known vulnerabilities, by its version: ${list.join('; ')}`,
    todo: `install ${runtime.name} ${newest} or newer from ${sources[runtime.name] ?? 'its project'}, or your distribution's update, which may have the fixes under an older number`,
  };
}

/**
 * Orders versions as their projects do: `1.0.0-rc9` before `1.0.0-rc95` before `1.0.0`, `1.2.0-rc.3` after
 * `1.2.0-rc.2`. What a distribution appends (`+ds1`, `~rc93`) counts as far as it says the same.
 */
export function compareVersions(one: string, two: string): number {
  const [a, b] = [versionNumbers(one), versionNumbers(two)];
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Major, minor, patch, and the number of a release candidate; a release comes after all of them. */
function versionNumbers(version: string): number[] {
  const [, major, minor, patch, candidate] =
    /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-~]rc\.?(\d+))?/.exec(version) ?? [];
  const release = Number.MAX_SAFE_INTEGER;
  return [
    Number(major ?? 0),
    Number(minor ?? 0),
    Number(patch ?? 0),
    candidate === undefined ? release : Number(candidate),
  ];
}
