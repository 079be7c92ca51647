// Reads and rewrites the config.json of an existing bundle, for updates of resources and for restores.

import { readFileSync } from 'node:fs';
import { replaceFileSync } from '@berth/common/files/replace-file.ts';
import { parseExactJson } from '@berth/oci/json/exact.ts';
import type { Spec } from '@berth/oci/runtime-spec/config.ts';
import type { BundlePaths } from '../state/paths.ts';

/** Reads config.json of a bundle without validation, because berthd wrote it. */
export function readSpec({ config }: BundlePaths): Spec {
  return parseExactJson(readFileSync(config, 'utf8')) as Spec;
}

/** Replaces a bundle's config.json atomically. */
export function rewriteSpec(bundle: BundlePaths, change: (spec: Spec) => Spec): void {
  replaceFileSync(bundle.config, JSON.stringify(change(readSpec(bundle))), { mode: 0o600 });
}
