// Decides which changed settings take effect on SIGHUP and which need a restart. Pure.

import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config.ts';

/** Settings that a reload changes; all others need a restart. */
export const liveSettings = [
  'logLevel',
  'runtimes',
  'defaultRuntime',
  'defaultSysctls',
  'cdi',
  'registry',
  'image',
  'checkpoint',
  'stats',
] as const satisfies (keyof Config)[];

/** The result of a reload. */
export interface Reload {
  /** The settings from now on. */
  readonly config: Config;
  /** Names of settings that changed and took effect. */
  readonly changed: readonly string[];
  /** Names of settings that changed and take effect at the next start of berthd. */
  readonly needRestart: readonly string[];
}

/** Merges into `current` the settings of `next` that a reload changes. Pure. */
export function reloadConfig(current: Config, next: Config): Reload {
  const isLive = (key: string) => liveSettings.some((name) => name === key);
  const differing = Object.entries(next)
    .filter(([key, value]) => !isDeepStrictEqual(value, Reflect.get(current, key)))
    .map(([key]) => key);
  return {
    config: { ...current, ...Object.fromEntries(liveSettings.map((key) => [key, next[key]])) },
    changed: differing.filter(isLive),
    needRestart: differing.filter((key) => !isLive(key)),
  };
}
