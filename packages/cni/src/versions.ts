/** Versions of the CNI spec that Berth speaks, oldest first. */
export const CNI_VERSIONS = ['0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;
export type CniVersion = (typeof CNI_VERSIONS)[number];

/** The newest version that Berth speaks. */
export const CURRENT_VERSION: CniVersion = '1.1.0';

/** Whether Berth speaks this version. */
export function isCniVersion(version: string): version is CniVersion {
  return CNI_VERSIONS.some((known) => known === version);
}

/** Whether `version` is `minimum` or newer. */
export function atLeast(version: CniVersion, minimum: CniVersion): boolean {
  return CNI_VERSIONS.indexOf(version) >= CNI_VERSIONS.indexOf(minimum);
}

/** The newest of the versions that Berth speaks, or undefined when there is none among them. */
export function newestKnown(versions: readonly string[]): CniVersion | undefined {
  return CNI_VERSIONS.findLast((known) => versions.includes(known));
}
