/** Versions of the CNI spec that Berth speaks, oldest first. */
export const CNI_VERSIONS = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;
export type CniVersion = (typeof CNI_VERSIONS)[number];

/** The newest version that Berth speaks. */
export const CURRENT_VERSION: CniVersion = '1.1.0';

/** What a configuration means that declares no version. */
export const UNDECLARED_VERSION: CniVersion = '0.1.0';

/** Whether Berth speaks this version. */
export function isCniVersion(version: string): version is CniVersion {
  return CNI_VERSIONS.some((known) => known === version);
}

/** The version that a configuration or a result declares, which may be none; undefined when Berth does not speak it. */
export function spokenVersion(declared: string): CniVersion | undefined {
  const version = declared === '' ? UNDECLARED_VERSION : declared;
  return isCniVersion(version) ? version : undefined;
}

/** Whether a text is a version at all: up to three numbers with dots between, or empty for an undeclared one. */
export function isVersion(version: string): boolean {
  return version === '' || /^\d+(\.\d+){0,2}$/.test(version);
}

/** Whether `version`, known or not, is `minimum` or newer. */
export function atLeast(version: string, minimum: string): boolean {
  return compare(version, minimum) >= 0;
}

/**
 * The version to speak of those that a configuration offers in cniVersions, and in cniVersion unless that is empty:
 * the newest that is not newer than Berth. When all are newer it is cniVersion, and its plugins have the word.
 */
export function newestSpoken(offered: readonly string[], cniVersion: string): string {
  const all = cniVersion === '' ? offered : [...offered, cniVersion];
  const spoken = all.filter((version) => atLeast(CURRENT_VERSION, version));
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
  return (version === '' ? UNDECLARED_VERSION : version).split('.').map(Number);
}
