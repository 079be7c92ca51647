// Branded types of sandbox and container ids, so that one cannot be passed for the other.

import { randomBytes } from 'node:crypto';

declare const sandboxBrand: unique symbol;
declare const containerBrand: unique symbol;

/** Identifies a pod sandbox: 64 lower-case hexadecimal digits. */
export type SandboxId = string & { readonly [sandboxBrand]: true };
/** Identifies a container: 64 lower-case hexadecimal digits. */
export type ContainerId = string & { readonly [containerBrand]: true };

const pattern = /^[0-9a-f]{64}$/;

/** Whether a text has the form of an id. berthd's directories may contain other names. */
export function isId(text: string): boolean {
  return pattern.test(text);
}

function assertId(text: string): void {
  if (!isId(text)) throw new Error(`${JSON.stringify(text)} is not an id: want 64 hexadecimal digits`);
}

/** Parses a stored sandbox id; throws when it is malformed. */
export function sandboxId(text: string): SandboxId {
  assertId(text);
  return text as SandboxId;
}

/** Parses a stored container id; throws when it is malformed. */
export function containerId(text: string): ContainerId {
  assertId(text);
  return text as ContainerId;
}

/** A new random sandbox id. */
export function newSandboxId(): SandboxId {
  return sandboxId(randomBytes(32).toString('hex'));
}

/** A new random container id. */
export function newContainerId(): ContainerId {
  return containerId(randomBytes(32).toString('hex'));
}
