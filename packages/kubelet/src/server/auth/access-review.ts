// Asks the API server whether a user may do something to this node (SubjectAccessReview).
import type { SubjectAccessReview } from 'kubernetes-types/authorization/v1.d.ts';
import { askAgain } from './ask-again.ts';
import type { Authorizer } from './gate.ts';
import { ReviewCache } from './review-cache.ts';
import type { Reviewer } from './token-review.ts';

const resource = { group: 'authorization.k8s.io', version: 'v1', plural: 'subjectaccessreviews' };

/** For how long an answer counts. */
export interface AccessReviewTtls {
  allowedMs: number;
  deniedMs: number;
}

/** Authorization mode Webhook: asks `client`, and keeps what it answers for a while. */
export function accessReviews(
  client: Reviewer,
  nodeName: string,
  { allowedMs, deniedMs }: AccessReviewTtls,
): Authorizer {
  const cache = new ReviewCache<boolean>();
  return async (user, { verb, resource: plural, subresource }) => {
    const { name, uid, groups, extra } = user;
    const spec: SubjectAccessReview['spec'] = {
      resourceAttributes: { verb, version: 'v1', resource: plural, subresource, name: nodeName },
      user: name,
      groups: [...groups],
      ...(extra !== undefined && { extra }),
      ...(uid !== undefined && { uid }),
    };
    const question: SubjectAccessReview = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec,
    };
    return await cache.answer(JSON.stringify(spec), async () => {
      const { status } = await askAgain(() => client.create(resource, {}, question));
      const result = status?.allowed === true && status.denied !== true;
      return { result, ttlMs: result ? allowedMs : deniedMs };
    });
  };
}
