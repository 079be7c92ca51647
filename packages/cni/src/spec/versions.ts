/** Supported versions of the CNI spec, oldest first. */
export const supportedVersions = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;
export type CniVersion = (typeof supportedVersions)[number];

/** The newest supported version. */
export const currentVersion: CniVersion = '1.1.0';

/** The version of a configuration that declares none. */
export const undeclaredVersion: CniVersion = '0.1.0';

/** Whether a version is supported. */
export function isCniVersion(version: string): version is CniVersion {
  return supportedVersions.some((known) => known === version);
}

/** The version that a configuration or a result declares (empty: none); undefined when it is not supported. */
export function spokenVersion(declared: string): CniVersion | undefined {
  const version = declared === '' ? undeclaredVersion : declared;
  return isCniVersion(version) ? version : undefined;
}

/** Whether a text has the form of a version: up to three numbers separated by dots, or empty for an undeclared one. */
export function isVersion(version: string): boolean {
  return version === '' || /^\d+(\.\d+){0,2}$/.test(version);
}

/** Whether `version`, supported or not, is `minimum` or newer. */
export function atLeast(version: string, minimum: string): boolean {
  return compare(version, minimum) >= 0;
}

/**
 * Selects the version for a configuration from its cniVersions and its cniVersion, unless that is empty: the newest one
 * up to currentVersion. When all are newer it is cniVersion, and the plugins decide.
 */
export function newestSpoken(offered: readonly string[], cniVersion: string): string {
  const all = cniVersion === '' ? offered : [...offered, cniVersion];
  const spoken = all.filter((version) => atLeast(currentVersion, version));
  return spoken.toSorted(compare).at(-1) ?? cniVersion;
}

function compare(a: string, b: string): number {
  const [left, right] = [numbers(a), numbers(b)];
  for (let index = 0; index < 3; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbers(version: string): number[] {
  return (version === '' ? undeclaredVersion : version).split('.').map(Number);
}
