import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { RuntimeError } from '../rpc/errors.ts';

const sqliteFull = 13;

/** Runs a statement that writes. On a full disk it throws RESOURCE_EXHAUSTED with advice. */
export function write(statement: StatementSync, ...values: SQLInputValue[]): void {
  try {
    statement.run(...values);
  } catch (error) {
    if (!(error instanceof Error && 'errcode' in error && error.errcode === sqliteFull)) throw error;
    throw new RuntimeError(
      'RESOURCE_EXHAUSTED',
      "berthd's database (berth.db in its root directory) cannot be written: the disk is full; free some space on it",
    );
  }
}
