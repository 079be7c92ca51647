// /events: the events of this node's pods, an extension for `berth describe`: the real kubelet only sends its own away.
import type { RecordedEvent } from '../../events/event.ts';
import { respondJson } from '../http/respond.ts';
import type { Route } from '../http/routes.ts';

/** /events, an EventList in the order of the last occurrences; with `?pod=NAMESPACE/NAME` of one pod. */
export function eventsRoute(events: (pod: string | undefined) => RecordedEvent[]): Route {
  return {
    methods: ['GET'],
    path: '/events',
    producesJson: true,
    handler: (_request, response, { query }) => {
      const items = events(query.get('pod') ?? undefined);
      const list = { kind: 'EventList', apiVersion: 'v1', metadata: {}, items };
      respondJson(response, `${JSON.stringify(list)}\n`);
    },
  };
}
