import { Random } from './random.ts';
import { runSpdyCase, spdyTraffic } from './spdy-case.ts';
import { runWebSocketCase, webSocketTraffic } from './websocket-case.ts';

/** Input that once found a mistake, or that shows the way into a state: replayed and mutated first. */
const corpus: Record<'spdy' | 'websocket', readonly string[]> = {
  spdy: [
    // moby/spdystream: two streams, data, half-close, ping, goodbye.
    '80030001000000290000000100000000000078f9e3c6a7c26260606004a7b392a2d4c45c6851c29a0a0a6800000000ffff' +
      '800300010000001700000003000000000000c22e555c92929907000000ffff000000030000000568656c6c6f' +
      '000000030100000080030006000000040000000780030007000000080000000300000000',
    // A window that overflows, and one that shrinks below what is on its way.
    '8003000900000008000000007fffffff8003000900000008000000007fffffff',
    '800300040000000c000000010000000700000000800300040000000c00000001000000077fffffff',
    // A DATA frame that announces 16 MiB and ends.
    '0000000100ffffff61',
  ],
  websocket: [
    // Close signals: for a channel, for none, twice.
    '828200000000ff00828100000000ff828200000000ff00',
    // A message that announces 1 GiB.
    '82ff000000004000000000000000',
  ],
};

const kinds = {
  spdy: { generate: spdyTraffic, run: runSpdyCase },
  websocket: { generate: webSocketTraffic, run: runWebSocketCase },
};

/**
 * Runs cases from `seed` on for so long, and at least the corpus. Throws with the seed of the first case in
 * which a server threw, answered nonsense or did not end.
 */
export async function fuzz(
  kind: 'spdy' | 'websocket',
  options: { seed: number; durationMs: number },
): Promise<{ cases: number; nextSeed: number }> {
  const { generate, run } = kinds[kind];
  const inputs = corpus[kind].map((hex) => Buffer.from(hex, 'hex'));
  const until = performance.now() + options.durationMs;
  let seed = options.seed;
  for (; performance.now() < until || seed - options.seed < 2 * inputs.length; seed++) {
    const random = new Random(seed);
    const known = inputs[seed - options.seed];
    const mutated = random.once(10) ? inputs[random.below(inputs.length)] : undefined;
    const input = known ?? (mutated === undefined ? generate(random) : random.mutate(mutated));
    try {
      await run(random, input);
    } catch (error) {
      throw new Error(`${kind} case of seed ${seed}: ${input.toString('hex').slice(0, 4000)}`, {
        cause: error,
      });
    }
  }
  return { cases: seed - options.seed, nextSeed: seed };
}
