// Counts what the secure port asks the API server about its clients, by the names of the library for API servers.
import { ApiError, type ApiObject, type RequestOptions, type Resource } from '../apiserver/api-client.ts';
import type { ReviewCacheObserver } from '../server/auth/review-cache.ts';
import type { Reviewer } from '../server/auth/token-review.ts';
import type { MetricsRegistry } from './registry.ts';

/** Bounds of durations, in seconds. */
const bounds = [0.25, 0.5, 0.7, 1, 1.5, 3, 5, 10];

/** The families about TokenReviews, SubjectAccessReviews and the cache of the first. */
export class ReviewMetrics {
  readonly #reviews: Readonly<Record<string, (code: string, seconds: number) => void>>;
  /** For the cache of tokens. */
  readonly tokenCache: ReviewCacheObserver;

  constructor(registry: MetricsRegistry) {
    this.#reviews = {
      tokenreviews: delegated(registry, 'authn'),
      subjectaccessreviews: delegated(registry, 'authz'),
    };
    this.tokenCache = cacheFamilies(registry);
  }

  /** The client, whose reviews are counted. */
  counted(client: Reviewer): Reviewer {
    const reviews = this.#reviews;
    return {
      async create<T extends ApiObject>(
        resource: Resource,
        where: { namespace?: string; name?: string },
        object: T,
        options?: RequestOptions,
      ): Promise<T> {
        const began = performance.now();
        const tell = (code: string): void =>
          reviews[resource.plural]?.(code, (performance.now() - began) / 1000);
        try {
          const answer = await client.create(resource, where, object, options);
          tell('201');
          return answer;
        } catch (error) {
          tell(error instanceof ApiError ? String(error.code) : '<error>');
          throw error;
        }
      },
    };
  }
}

function delegated(registry: MetricsRegistry, what: 'authn' | 'authz') {
  const name = `apiserver_delegated_${what}_request`;
  const total = registry.counter(`${name}_total`, 'Reviews by the API server, by the code of its answer.', [
    'code',
  ]);
  const durations = registry.histogram(
    `${name}_duration_seconds`,
    'How long reviews by the API server took, in seconds.',
    ['code'],
    bounds,
  );
  return (code: string, seconds: number): void => {
    total.inc({ code });
    durations.observe({ code }, seconds);
  };
}

function cacheFamilies(registry: MetricsRegistry): ReviewCacheObserver {
  const name = 'authentication_token_cache';
  const requests = registry.counter(
    `${name}_request_total`,
    'Tokens of clients, by whether they were known.',
    ['status'],
  );
  const durations = registry.histogram(
    `${name}_request_duration_seconds`,
    'How long it took to know the user of a token, in seconds.',
    ['status'],
  );
  const fetches = registry.counter(`${name}_fetch_total`, 'Reviews of tokens, by whether they failed.', [
    'status',
  ]);
  const active = registry.gauge(`${name}_active_fetch_count`, 'Reviews of tokens under way, and who waits.', [
    'status',
  ]);
  const during = (status: string): (() => void) => {
    active.inc({ status });
    return () => active.dec({ status });
  };
  return {
    answered: (isHit, seconds) => {
      const status = isHit ? 'hit' : 'miss';
      requests.inc({ status });
      durations.observe({ status }, seconds);
    },
    waiting: () => during('blocked'),
    asking: () => {
      const done = during('in_flight');
      return (hasAnswer) => {
        done();
        fetches.inc({ status: hasAnswer ? 'ok' : 'error' });
      };
    },
  };
}
