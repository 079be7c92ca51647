import { strict as assert } from 'node:assert';
import { patience } from './machine-speed.ts';

/**
 * Calls `probe` every 20 ms until it returns a value, and returns that value. After `timeoutMs`, scaled to the
 * machine's speed, fails with `what` and the end of the text that `describe` returns.
 */
export async function until<Found>(
  what: string,
  probe: () => Found | undefined | false | Promise<Found | undefined | false>,
  describe: () => unknown = () => '',
  timeoutMs = 60_000,
): Promise<Found> {
  for (const deadline = performance.now() + patience(timeoutMs); ; ) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) {
      const state = describe();
      const text = typeof state === 'string' ? state : JSON.stringify(state, undefined, 1);
      assert.fail(`gave up waiting until ${what}; at the end: ${text.slice(-4000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Repeats assertions until they pass, and returns their result. After the timeout, fails with the last failure. */
export async function eventually<Result>(check: () => Result | Promise<Result>): Promise<Result> {
  let failure: unknown;
  const passed = await until(
    'the assertions hold',
    async () => {
      try {
        return { result: await check() };
      } catch (error) {
        failure = error;
        return undefined;
      }
    },
    () => String(failure),
  );
  return passed.result;
}
