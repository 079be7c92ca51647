// Answers of the API server about who may do what, for some time. Requests for the same answer share one question.
import { LruMap } from '@berth/common/lru-map.ts';

/** An answer, and for how long it counts. */
export interface Reviewed<Result> {
  result: Result;
  /** 0: for the requests that wait for it. */
  ttlMs: number;
}

/** Is told of what a cache does, for metrics. */
export interface ReviewCacheObserver {
  /** A request got its answer, from the cache or not. */
  answered(isHit: boolean, seconds: number): void;
  /** A request waits; call what it returns when it does no longer. */
  waiting(): () => void;
  /** A question is asked; call what it returns when it was answered or failed. */
  asking(): (hasAnswer: boolean) => void;
}

const unobserved: ReviewCacheObserver = {
  answered: () => {},
  waiting: () => () => {},
  asking: () => () => {},
};

/** As the real kubelet's. */
const maxEntries = 8192;

/** Keeps answers by key. Questions that fail are asked again. */
export class ReviewCache<Result> {
  readonly #answers = new LruMap<string, { result: Result; untilMs: number }>(maxEntries);
  readonly #asking = new Map<string, Promise<Result>>();
  readonly #observer: ReviewCacheObserver;
  readonly #now: () => number;

  constructor(observer: ReviewCacheObserver = unobserved, now: () => number = () => performance.now()) {
    this.#observer = observer;
    this.#now = now;
  }

  /** The kept answer, or that of the question. */
  async answer(key: string, ask: () => Promise<Reviewed<Result>>): Promise<Result> {
    const began = performance.now();
    const tell = (isHit: boolean): void => this.#observer.answered(isHit, (performance.now() - began) / 1000);
    const kept = this.#answers.get(key);
    if (kept !== undefined && this.#now() < kept.untilMs) {
      tell(true);
      return kept.result;
    }
    const waited = this.#observer.waiting();
    try {
      return await (this.#asking.get(key) ?? this.#ask(key, ask));
    } finally {
      waited();
      tell(false);
    }
  }

  async #ask(key: string, ask: () => Promise<Reviewed<Result>>): Promise<Result> {
    const asking = ask().then(({ result, ttlMs }) => {
      if (ttlMs > 0) this.#answers.set(key, { result, untilMs: this.#now() + ttlMs });
      return result;
    });
    this.#asking.set(key, asking);
    const asked = this.#observer.asking();
    let hasAnswer = false;
    try {
      const result = await asking;
      hasAnswer = true;
      return result;
    } finally {
      asked(hasAnswer);
      this.#asking.delete(key);
    }
  }
}
