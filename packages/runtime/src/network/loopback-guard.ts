// nftables rules that prevent host ports from exposing the node's 127.0.0.1 to other hosts and pods.

import { ensureLoopbackGuard } from '@berth/linux/nftables/loopback-guard.ts';
import { hasTable, removeTable } from '@berth/linux/nftables/nftables.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses } from '../rpc/errors.ts';

/** The nftables table of the guard. */
export const loopbackTable = 'berth-loopback';

/**
 * Drops packets to the node's 127.0.0.1 that come from other hosts or pods, which CNI plugins for host ports would
 * accept.
 */
export class LoopbackGuard {
  readonly #log: Logger;
  readonly #table: string;

  constructor(log: Logger, table = loopbackTable) {
    this.#log = log;
    this.#table = table;
  }

  /** Creates the rules of this version of berthd. */
  ensure(): void {
    this.#try(() => ensureLoopbackGuard(this.#table));
  }

  /** Creates the rules again if they were flushed. */
  restore(): void {
    this.#try(() => {
      if (!hasTable(this.#table)) ensureLoopbackGuard(this.#table);
    });
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#log.error(
        'Pods and neighbours may reach services on 127.0.0.1 of this node once a pod has host ports (CVE-2020-8558): setting nftables rules failed',
        { error: messageWithCauses(error) },
      );
    }
  }
}

/** Removes the rules. Call it only when no pod is left. */
export function removeLoopbackGuard(table = loopbackTable): void {
  removeTable(table);
}
