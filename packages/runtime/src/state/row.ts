// Reads typed columns from database rows. Used by the stores of sandboxes, containers and images.

import type { SQLOutputValue } from 'node:sqlite';
import type { ProcessRef } from './process-ref.ts';

type Row = Record<string, SQLOutputValue>;

/** Reads the columns of one row and checks their types; the error for a wrong type names table and id. */
export class RowReader {
  readonly #table: string;
  readonly #row: Row;

  /** `row` comes from a statement with setReadBigInts(true). */
  constructor(table: string, row: Row) {
    this.#table = table;
    this.#row = row;
  }

  text(column: string): string {
    const value = this.#row[column];
    return typeof value === 'string' ? value : this.fail(column, 'a text');
  }

  bytes(column: string): Uint8Array {
    const value = this.#row[column];
    return value instanceof Uint8Array ? value : this.fail(column, 'bytes');
  }

  bigint(column: string): bigint {
    const value = this.#row[column];
    return typeof value === 'bigint' ? value : this.fail(column, 'a whole number');
  }

  number(column: string): number {
    return Number(this.bigint(column));
  }

  isNull(column: string): boolean {
    return this.#row[column] === null;
  }

  strings(column: string): string[] {
    const value: unknown = JSON.parse(this.text(column));
    return Array.isArray(value) && value.every((item) => typeof item === 'string')
      ? value
      : this.fail(column, 'a JSON list of strings');
  }

  process(pidColumn: string, startColumn: string): ProcessRef {
    return { pid: this.number(pidColumn), startTime: this.number(startColumn) };
  }

  fail(column: string, wanted: string): never {
    throw new Error(
      `database: table ${this.#table}, row ${String(this.#row.id)}: ${column} is not ${wanted}; ` +
        'the database was changed by something else than berthd',
    );
  }
}
