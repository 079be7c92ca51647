// /restart: ends a pod and starts it again, an extension for `berth restart`.
import type { RestartRefusal } from '../../podmanager/restarts.ts';
import { respondError, respondText } from '../http/respond.ts';
import type { Route } from '../http/routes.ts';

/** POST /restart?pod=NAMESPACE/NAME. Answers when the restart is recorded; /pods shows how far it is. */
export function restartRoute(restart: (pod: string) => RestartRefusal | undefined): Route {
  return {
    methods: ['POST'],
    path: '/restart',
    handler: (_request, response, { query }) => {
      const refused = restart(query.get('pod') ?? '');
      if (refused) respondError(response, refused.status, refused.why);
      else respondText(response, 202, 'The pod is restarted.');
    },
  };
}
