// Random inputs that can be had again: by their seed.
import { seededFractions } from './random.ts';

/** Numbers below a bound that are the same for the same seed. */
export function seededRandom(seed: number): (bound: number) => number {
  const next = seededFractions(seed);
  return (bound) => Math.floor(next() * bound);
}

const interesting = [
  '\0',
  '/',
  '..',
  '../',
  '{}',
  '[]',
  '""',
  '-1',
  '9007199254740993',
  '=',
  '\xff',
  '\u2028',
];

/** A corpus entry with a few things done to it that parsers trip over; others lend it pieces. */
export function mutate(corpus: readonly Buffer[], random: (bound: number) => number): Buffer {
  const pick = () => corpus[random(corpus.length)] ?? Buffer.alloc(0);
  let bytes = Buffer.from(pick());
  for (let count = 1 + random(4); count > 0; count--) {
    const at = random(bytes.length + 1);
    const length = random(random(2) === 0 ? 8 : 600);
    const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at + length)];
    switch (random(6)) {
      case 0:
        bytes = Buffer.concat([bytes]);
        if (at < bytes.length) bytes[at] = random(256);
        break;
      case 1:
        bytes = Buffer.concat([head, tail]);
        break;
      case 2:
        bytes = Buffer.concat([head, bytes.subarray(at, at + length), bytes.subarray(at)]);
        break;
      case 3:
        bytes = Buffer.concat([head, Buffer.from(interesting[random(interesting.length)] ?? ''), tail]);
        break;
      case 4: {
        const other = pick();
        const from = random(other.length + 1);
        bytes = Buffer.concat([head, other.subarray(from, from + length), tail]);
        break;
      }
      default:
        bytes = Buffer.from(head);
    }
  }
  return bytes;
}

/** How long a fuzz test runs: a moment, or as many seconds as BERTH_FUZZ_SECONDS says. */
const fuzzMilliseconds = Number(process.env['BERTH_FUZZ_SECONDS'] ?? 1.5) * 1000;

/**
 * Runs `check` on mutations of a corpus until the time is over. A failure tells the seed that repeats it.
 *
 * @returns how many inputs there were
 */
export function fuzz(
  corpus: readonly Buffer[],
  check: (input: Buffer) => Promise<void> | void,
): Promise<number> {
  return fuzzSeeds(async (random) => {
    const input = mutate(corpus, random);
    try {
      await check(input);
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.stack : error}\n${input.toString('base64')}`, {
        cause: error,
      });
    }
  });
}

/**
 * Runs `check` with the random numbers of one seed after another until the time is over, `milliseconds` at least.
 * A failure tells the seed that repeats it.
 *
 * @returns how many seeds there were
 */
export async function fuzzSeeds(
  check: (random: (bound: number) => number) => Promise<void>,
  milliseconds = 0,
): Promise<number> {
  const until = performance.now() + Math.max(fuzzMilliseconds, milliseconds);
  const first = Number(process.env['BERTH_FUZZ_SEED'] ?? 1);
  let seed = first;
  for (; seed === first || performance.now() < until; seed++) {
    try {
      await check(seededRandom(seed));
    } catch (error) {
      throw new Error(`BERTH_FUZZ_SEED=${seed}: ${error instanceof Error ? error.stack : error}`, {
        cause: error,
      });
    }
  }
  // For who runs it for long: `npm run fuzz`.
  if (process.env['BERTH_FUZZ_SECONDS'] !== undefined) {
    console.log(`${seed - first} inputs from seed ${first} on`);
  }
  return seed - first;
}
