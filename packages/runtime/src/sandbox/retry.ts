// Retries the removal of a sandbox whose creation was not rolled back or whose removal failed.

import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import type { SandboxId } from '../state/ids.ts';
import type { State } from '../state/state.ts';
import type { Retries } from '../teardown/retries.ts';
import { destroySandbox, type SandboxTeardownServices } from './teardown.ts';

/** What retrying a sandbox's removal uses. */
export interface SandboxRetryServices extends SandboxTeardownServices {
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly retries: Retries;
}

/**
 * Shows a sandbox whose removal failed as not ready, so that any client can stop and remove it, and retries the
 * removal. No client needs the sandbox: its creation failed, or its removal was requested.
 */
export function retrySandboxRemoval(services: SandboxRetryServices, id: SandboxId): void {
  const { state, queue, retries } = services;
  retries.add(id, `removing sandbox ${id}`, () =>
    queue.run(id, async () => {
      const sandbox = state.sandboxes.get(id);
      if (sandbox?.state.phase === 'removing' || sandbox?.state.phase === 'creating') {
        await destroySandbox(services, sandbox);
      }
    }),
  );
  state.sandboxes.setState(id, { phase: 'removing' });
}
