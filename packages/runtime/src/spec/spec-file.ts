import { readFileSync } from 'node:fs';
import { replaceFileSync } from '@berth/common/files/replace-file.ts';
import { parseExactJson } from '@berth/oci/json/exact.ts';
import type { Spec } from '@berth/oci/runtime-spec/config.ts';
import type { BundlePaths } from '../state/paths.ts';

/** config.json of a bundle: ours, so its form is known. */
export function readSpec({ config }: BundlePaths): Spec {
  return parseExactJson(readFileSync(config, 'utf8')) as Spec;
}

/** Replaces a bundle's config.json, whole or not at all. */
export function rewriteSpec(bundle: BundlePaths, change: (spec: Spec) => Spec): void {
  replaceFileSync(bundle.config, JSON.stringify(change(readSpec(bundle))), { mode: 0o600 });
}
