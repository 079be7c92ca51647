// Asks the API server whose a token is (TokenReview).
import { createHmac, randomBytes } from 'node:crypto';
import type { TokenReview, UserInfo } from 'kubernetes-types/authentication/v1.d.ts';
import type { ApiClient } from '../../apiserver/api-client.ts';
import { askAgain } from './ask-again.ts';
import { ReviewCache, type ReviewCacheObserver } from './review-cache.ts';
import type { User } from './user.ts';

const resource = { group: 'authentication.k8s.io', version: 'v1', plural: 'tokenreviews' };
const authenticated = 'system:authenticated';

/** What answers reviews. */
export type Reviewer = Pick<ApiClient, 'create'>;

/** Authenticates tokens; undefined: nobody's. Rejects when the API server does not answer, or says why not. */
export type TokenAuthenticator = (token: string) => Promise<User | undefined>;

/** Asks `client`, and keeps what it answers for a while. */
export function tokenReviews(
  client: Reviewer,
  ttlMs: number,
  observer?: ReviewCacheObserver,
): TokenAuthenticator {
  const cache = new ReviewCache<User | undefined>(observer);
  // The cache has no tokens, and nobody can say which ones share a place in it.
  const secret = randomBytes(32);
  return async (token) => {
    const key = createHmac('sha256', secret).update(token).digest('base64');
    return await cache.answer(key, async () => ({ result: await review(client, token), ttlMs }));
  };
}

async function review(client: Reviewer, token: string): Promise<User | undefined> {
  const question: TokenReview = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token },
  };
  const { status = {} } = await askAgain(() => client.create(resource, {}, question));
  if (status.authenticated !== true) {
    if (status.error !== undefined && status.error !== '') throw new Error(status.error);
    return undefined;
  }
  return userOf(status.user ?? {});
}

/** The user, who is one that is known. */
function userOf({ username = '', uid, groups = [], extra }: UserInfo): User {
  const isGrouped = groups.includes(authenticated) || groups.includes('system:unauthenticated');
  return {
    name: username,
    groups: isGrouped ? groups : [...groups, authenticated],
    ...(uid !== undefined && { uid }),
    ...(extra !== undefined && { extra }),
  };
}
