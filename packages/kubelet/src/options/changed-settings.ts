// What a reload of the configuration changes in a kubelet that runs.
import type { Settings } from './settings.ts';

/** Settings that take effect without a restart. The files of certificates and their authorities are watched anyway. */
const live: ReadonlySet<keyof Settings> = new Set(['verbosity']);

/** The settings that differ: those that take effect at once, and those that need a restart. */
export function changedSettings(
  before: Settings,
  after: Settings,
): { changed: (keyof Settings)[]; needRestart: (keyof Settings)[] } {
  const names = Object.keys(after) as (keyof Settings)[];
  const different = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  return {
    changed: different.filter((name) => live.has(name)),
    needRestart: different.filter((name) => !live.has(name)),
  };
}
