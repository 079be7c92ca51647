// The screen of `crictl top`: its state, its reaction to keys, and its lines. Pure.

import { cut, cutLeft, padStart } from '../output/width.ts';
import type { Row } from './usage.ts';

export type SortKey = 'cpu' | 'memory' | 'network' | 'restarts' | 'pids' | 'age' | 'name';

export interface Screen {
  rows: readonly Row[];
  kind: 'pod' | 'container';
  sort: SortKey;
  reverse: boolean;
  filter: string;
  /** Whether keys edit the filter. */
  typing: boolean;
  /** Number of rows above the visible ones. */
  offset: number;
  quit: boolean;
  /** The error of the last reading. */
  problem: string;
  nowMs: number;
}

export interface Size {
  columns: number;
  lines: number;
}

export const firstScreen: Screen = {
  rows: [],
  kind: 'pod',
  sort: 'cpu',
  reverse: false,
  filter: '',
  typing: false,
  offset: 0,
  quit: false,
  problem: '',
  nowMs: 0,
};

const sortKeys: Readonly<Record<string, SortKey>> = {
  c: 'cpu',
  m: 'memory',
  n: 'network',
  r: 'restarts',
  p: 'pids',
  a: 'age',
  i: 'name',
};

/** Lines around the rows: status, header, keys. */
const frame = 3;

/** The screen after a key: a character or an escape sequence. */
export function onKey(screen: Screen, key: string, size: Size): Screen {
  if (key === '\x03') return { ...screen, quit: true };
  if (screen.typing) return typeFilter(screen, key);
  const page = Math.max(1, size.lines - frame);
  const last = Math.max(0, visibleRows(screen).length - page);
  const scroll = (to: number) => ({ ...screen, offset: Math.max(0, Math.min(last, to)) });
  const offset = Math.min(screen.offset, last);
  const sort = sortKeys[key];
  if (sort !== undefined) return { ...screen, sort, offset: 0 };
  switch (key) {
    case 'q':
      return { ...screen, quit: true };
    case 'R':
      return { ...screen, reverse: !screen.reverse };
    case 't':
      return { ...screen, kind: screen.kind === 'pod' ? 'container' : 'pod', offset: 0 };
    case '/':
      return { ...screen, typing: true };
    case '\x1b':
      return { ...screen, filter: '', offset: 0 };
    case 'k':
    case '\x1b[A':
      return scroll(offset - 1);
    case 'j':
    case '\x1b[B':
      return scroll(offset + 1);
    case '\x1b[5~':
      return scroll(offset - page);
    case ' ':
    case '\x1b[6~':
      return scroll(offset + page);
    case 'g':
    case '\x1b[H':
      return scroll(0);
    case 'G':
    case '\x1b[F':
      return scroll(last);
    default:
      return screen;
  }
}

function typeFilter(screen: Screen, key: string): Screen {
  if (key === '\r' || key === '\n') return { ...screen, typing: false };
  if (key === '\x1b') return { ...screen, typing: false, filter: '', offset: 0 };
  if (key === '\x7f' || key === '\b') {
    return { ...screen, filter: [...screen.filter].slice(0, -1).join(''), offset: 0 };
  }
  return /^\P{C}$/u.test(key) ? { ...screen, filter: screen.filter + key, offset: 0 } : screen;
}

/** Splits the input of a terminal into keys. */
export function splitKeys(text: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return (text.match(/\x1b[[O][0-9;]*[A-Za-z~]|[\s\S]/gu) ?? []).map((key) => key.replace('\x1bO', '\x1b['));
}

const values: Readonly<Record<Exclude<SortKey, 'name'>, (row: Row) => number>> = {
  cpu: (row) => row.cpuPercent ?? -1,
  memory: ({ usage }) => usage.workingSetBytes ?? -1,
  network: (row) => (row.receivedPerSecond ?? -1) + (row.sentPerSecond ?? 0),
  restarts: ({ usage }) => usage.attempt,
  pids: ({ usage }) => usage.pids ?? -1,
  age: ({ usage }) => -Number(usage.createdAtNanos),
};

/** Filters and sorts rows: the greatest first, equal ones and names alphabetically. */
export function visibleRows({ rows, kind, filter, sort, reverse }: Screen): Row[] {
  const wanted = rows.filter(({ usage }) => usage.kind === kind && usage.name.includes(filter));
  const byName = (a: Row, b: Row) => (a.usage.name < b.usage.name ? -1 : 1);
  const value = sort === 'name' ? () => 0 : values[sort];
  wanted.sort((a, b) => value(b) - value(a) || byName(a, b));
  return reverse ? wanted.reverse() : wanted;
}

interface Column {
  title: string;
  width: number;
  cell: (row: Row, nowMs: number) => string;
}

/** The columns that fit: a narrow terminal loses the last ones of this list first. Shown in the order of `order`. */
const columns: readonly (Column & { order: number })[] = [
  { order: 0, title: 'CPU%', width: 6, cell: (row) => row.cpuPercent?.toFixed(1) ?? '-' },
  { order: 1, title: 'MEM', width: 6, cell: ({ usage }) => bytes(usage.workingSetBytes) },
  { order: 5, title: 'RST', width: 3, cell: ({ usage }) => String(usage.attempt) },
  { order: 7, title: 'AGE', width: 4, cell: ({ usage }, nowMs) => age(usage.createdAtNanos, nowMs) },
  { order: 3, title: 'RX/s', width: 6, cell: (row) => bytes(row.receivedPerSecond) },
  { order: 4, title: 'TX/s', width: 6, cell: (row) => bytes(row.sentPerSecond) },
  { order: 2, title: 'LIMIT', width: 6, cell: ({ usage }) => bytes(usage.limitBytes) },
  { order: 6, title: 'PIDS', width: 5, cell: ({ usage }) => usage.pids?.toString() ?? '-' },
];
const leastName = 20;

/** The header and a line for each row, at most `width` cells wide. */
export function table(screen: Screen, rows: readonly Row[], width: number): string[] {
  let left = width - leastName;
  const shown = columns
    .filter((column) => {
      left -= column.width + 1;
      return left >= 0;
    })
    .sort((a, b) => a.order - b.order);
  const nameWidth = width - shown.reduce((sum, column) => sum + column.width + 1, 0);
  const line = (name: string, cells: string[]) =>
    [name, ...cells.map((cell, index) => padStart(cell, shown[index]?.width ?? 0))].join(' ');
  return [
    line(
      cut(screen.kind.toUpperCase(), nameWidth),
      shown.map(({ title }) => title),
    ),
    ...rows.map((row) =>
      line(
        cutLeft(row.usage.name, nameWidth),
        shown.map(({ cell }) => cell(row, screen.nowMs)),
      ),
    ),
  ];
}

/** The whole screen, at most `size`: status, header, as many rows as fit, keys. */
export function render(screen: Screen, size: Size): string[] {
  const all = visibleRows(screen);
  const page = Math.max(0, size.lines - frame);
  const offset = Math.max(0, Math.min(screen.offset, all.length - page));
  const rows = all.slice(offset, offset + page);
  const range = all.length > page ? `, ${offset + 1}-${offset + rows.length} shown` : '';
  const filter = screen.typing || screen.filter !== '' ? `  filter: ${screen.filter}` : '';
  const order = `by ${screen.sort}${screen.reverse ? ', reversed' : ''}`;
  const status =
    screen.problem !== '' && !screen.typing
      ? screen.problem
      : `${all.length} ${screen.kind}s ${order}${range}${filter}`;
  const keys = screen.typing
    ? 'type to filter, Enter keeps it, Esc clears it'
    : 'q quit  t pods/containers  / filter  R reverse  sort: c m n r p a i(name)';
  const body = table(screen, rows, size.columns);
  const lines = [cut(status, size.columns), ...body];
  while (lines.length < size.lines - 1) lines.push('');
  return [...lines, cut(keys, size.columns)].slice(0, size.lines);
}

/** `12.3M`: at most six characters, binary units. */
export function bytes(count: number | undefined): string {
  if (count === undefined) return '-';
  const units = ['B', 'K', 'M', 'G', 'T', 'P'];
  let size = count;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)}${units[unit]}`;
}

/** `59s`, `59m`, `47h`, `9d`. */
export function age(createdAtNanos: bigint, nowMs: number): string {
  const seconds = Math.max(0, Math.floor(nowMs / 1000 - Number(createdAtNanos / 1_000_000n) / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
