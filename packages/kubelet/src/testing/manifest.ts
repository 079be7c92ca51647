// Manifests for unit tests, and what they are decoded to.
import assert from 'node:assert/strict';
import type { Pod } from '../api/pod.ts';
import { type Decoded, type DecodeOptions, decodeManifest } from '../config/decode.ts';
import type { NodeObject } from '../objects/types.ts';

/** How the manifests of unit tests are decoded. */
export const decodeOptions: DecodeOptions = {
  nodeName: 'Node-1',
  file: '/manifests/a.yaml',
  seen: new Date('2026-11-23T20:08:12Z'),
  validate: 'warn',
};

/** A pod manifest in JSON whose spec and container have the given fields besides the needed ones. */
export function manifest(changes: { spec?: object; container?: object; metadata?: object } = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', ...changes.metadata },
    spec: { containers: [{ name: 'main', image: 'nginx:1.27', ...changes.container }], ...changes.spec },
  });
}

function only(decoded: Decoded[]): Decoded {
  const [first, ...rest] = decoded;
  assert.ok(first);
  assert.equal(rest.length, 0);
  return first;
}

/** The pod that a manifest is decoded to; fails when it is refused. */
export function podOf(text: string): Pod {
  const decoded = only(decodeManifest(text, decodeOptions));
  assert.ok(decoded.ok, decoded.ok ? '' : decoded.message);
  assert.ok(decoded.pod, 'it is no pod');
  return decoded.pod;
}

/** The ConfigMap or Secret that a manifest is decoded to; fails when it is refused. */
export function objectOf(text: string): NodeObject {
  const decoded = only(decodeManifest(text, decodeOptions));
  assert.ok(decoded.ok, decoded.ok ? '' : decoded.message);
  assert.ok(decoded.object, 'it is a pod');
  return decoded.object;
}

/** Why a manifest is refused; fails when it is accepted. */
export function faultOf(text: string): string {
  const decoded = only(decodeManifest(text, decodeOptions));
  assert.ok(!decoded.ok, 'the manifest was accepted');
  return decoded.message;
}

/** What is told of a manifest that is accepted. */
export function warningsOf(text: string): readonly string[] {
  const decoded = only(decodeManifest(text, decodeOptions));
  assert.ok(decoded.ok, decoded.ok ? '' : decoded.message);
  return decoded.warnings;
}
