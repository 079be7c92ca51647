// The pulls that are under way, over HTTP: `GET /images/pulls` on berthd's socket.
import { answer, type Route } from '@berth/http/routes.ts';
import { pullsUnderWay } from './pull.ts';
import type { ImageService } from './service.ts';

/** Answers with a list of ImagePull: who asks did not start the pull, as `berth up` did not start the kubelet's. */
export function pullsRoute(images: Pick<ImageService, 'pulls'>): Route {
  return (_request, response) =>
    answer(response, 200, `${JSON.stringify(pullsUnderWay(images))}\n`, 'application/json; charset=utf-8');
}
