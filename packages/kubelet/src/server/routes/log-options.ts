// Reads the query of /containerLogs, a PodLogOptions, as the real kubelet does.

/** What of a log is asked for. */
export interface LogOptions {
  follow: boolean;
  /** The log of the container before the last restart. */
  previous: boolean;
  timestamps: boolean;
  /** Number of lines from the end; undefined for all. */
  tailLines: number | undefined;
  /** Maximum number of bytes of the answer; undefined: no limit. */
  limitBytes: number | undefined;
  /** The only stream that is asked for; undefined: both. */
  stream: string | undefined;
  /** Unix nanoseconds; earlier lines are left out. */
  sinceNano: bigint | undefined;
}

/** Why a request is refused. */
export interface LogRefusal {
  status: 400 | 422;
  text: string;
}

const undecodable: LogRefusal = { status: 400, text: '{"message": "Unable to decode query."}' };
const invalid: LogRefusal = { status: 422, text: '{"message": "Invalid request."}' };

/** The zero time of Go, before every log. */
const zeroTime = 0n;

/** The options; `now` is in milliseconds. */
export function logOptions(query: URLSearchParams, now: number): LogOptions | LogRefusal {
  // The older name of tailLines; `all` is as if it were not there.
  const tail = query.get('tail') || undefined;
  const tailText = tail === undefined ? query.get('tailLines') : tail === 'all' ? null : tail;
  const [tailLines, limitBytes, sinceSeconds] = [
    integer(tailText),
    integer(query.get('limitBytes')),
    integer(query.get('sinceSeconds')),
  ];
  const sinceTime = timeOf(query.get('sinceTime'));
  if (tailLines === 'wrong' || limitBytes === 'wrong' || sinceSeconds === 'wrong' || sinceTime === 'wrong') {
    return undecodable;
  }
  const stream = query.get('stream');
  const isWrong =
    (tailLines !== undefined && tailLines < 0) ||
    (limitBytes !== undefined && limitBytes < 1) ||
    (sinceSeconds !== undefined && (sinceTime !== undefined || sinceSeconds < 1)) ||
    (stream !== null && !['All', 'Stdout', 'Stderr'].includes(stream)) ||
    (stream !== null && stream !== 'All' && tailLines !== undefined);
  if (isWrong) return invalid;
  const sinceNano =
    sinceSeconds === undefined ? sinceTime : BigInt(now) * 1_000_000n - BigInt(sinceSeconds) * 1_000_000_000n;
  return {
    follow: flag(query.get('follow')),
    previous: flag(query.get('previous')),
    timestamps: flag(query.get('timestamps')),
    tailLines,
    limitBytes,
    stream: stream === null || stream === 'All' ? undefined : stream,
    sinceNano,
  };
}

/** Anything is true but `false`, `0` and a parameter that is not there. */
function flag(text: string | null): boolean {
  return text !== null && text !== '0' && text.toLowerCase() !== 'false';
}

function integer(text: string | null): number | undefined | 'wrong' {
  if (text === null) return undefined;
  if (!/^[-+]?\d+$/.test(text)) return 'wrong';
  const value = BigInt(text.replace(/^\+/, ''));
  return value >= -(2n ** 63n) && value < 2n ** 63n ? Number(value) : 'wrong';
}

function timeOf(text: string | null): bigint | undefined | 'wrong' {
  if (text === null) return undefined;
  if (text === '' || text === 'null') return zeroTime;
  const [, seconds, fraction = '', zone] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[-+]\d\d:\d\d)$/.exec(text) ?? [];
  const milliseconds = Date.parse(`${seconds}${zone}`);
  if (Number.isNaN(milliseconds)) return 'wrong';
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}
