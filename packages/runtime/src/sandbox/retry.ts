import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import type { SandboxId } from '../state/ids.ts';
import type { State } from '../state/state.ts';
import type { Retries } from '../teardown/retries.ts';
import { destroySandbox, type SandboxTeardownServices } from './teardown.ts';

/** What another attempt at removing a sandbox uses. */
export interface SandboxRetryServices extends SandboxTeardownServices {
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly retries: Retries;
}

/**
 * Shows a sandbox whose removal failed as not ready, so that any client can stop and remove it, and retries the
 * removal. Nobody needs it: its creation failed, or its owner asked for its removal.
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
