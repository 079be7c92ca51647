// How fast requests may follow each other, as client-go's token bucket has it. Pure.

/** Requests per second on average, and how many of them at once. A rate of 0 or less: no limit. */
export interface Rate {
  qps: number;
  burst: number;
}

/** A bucket at a time. Below 0: requests have been promised tokens that are still to come. */
export interface Bucket {
  tokens: number;
  atMs: number;
}

/** A full bucket. */
export function fullBucket({ burst }: Rate, nowMs: number): Bucket {
  return { tokens: burst, atMs: nowMs };
}

/** Takes a token for one request, which then waits for `waitMs`. */
export function takeToken(
  bucket: Bucket,
  { qps, burst }: Rate,
  nowMs: number,
): { bucket: Bucket; waitMs: number } {
  if (qps <= 0) return { bucket, waitMs: 0 };
  // A clock that jumps back adds nothing.
  const passedMs = Math.max(0, nowMs - bucket.atMs);
  const tokens = Math.min(burst, bucket.tokens + (passedMs / 1000) * qps) - 1;
  return { bucket: { tokens, atMs: nowMs }, waitMs: tokens >= 0 ? 0 : (-tokens / qps) * 1000 };
}

/** Gives back a token that its request does not wait for. */
export function returnToken(bucket: Bucket, { burst }: Rate): Bucket {
  return { ...bucket, tokens: Math.min(burst, bucket.tokens + 1) };
}
