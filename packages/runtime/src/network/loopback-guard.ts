import { ensureLoopbackGuard } from '@berth/linux/nftables/loopback-guard.ts';
import { hasTable, removeTable } from '@berth/linux/nftables/nftables.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses } from '../rpc/errors.ts';

/** The nftables table that keeps other hosts and pods from the node's 127.0.0.1. */
export const loopbackTable = 'berth-loopback';

/** Drops packets from elsewhere to 127.0.0.1 of the node, which CNI plugins for host ports would let in. */
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

  /** Creates the rules again when somebody has flushed them. */
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

/** Removes the rules; they are needed as long as there are pods. */
export function removeLoopbackGuard(table = loopbackTable): void {
  removeTable(table);
}
