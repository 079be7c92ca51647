// Records the spans of recent pod starts in memory, in addition to any exporter.

import { AsyncLocalStorage } from 'node:async_hooks';
import { printable } from '@berth/common/printable.ts';
import { messageWithCauses } from '../../rpc/errors.ts';
import type { EndedSpan, PodStarts } from './pod-starts.ts';
import type { SpanAttributes, Tracer } from './tracer.ts';

/** The RPCs that make up a pod's start. */
const calls = new Set(['RunPodSandbox', 'PullImage', 'CreateContainer', 'StartContainer']);

/** Maximum number of steps that are kept per call; an image may have many layers. */
const keptSteps = 16;
/** Characters of an error that are kept. */
const keptError = 400;

/** A call in progress, with the attributes that are known so far. */
interface OpenCall {
  attributes: SpanAttributes;
  steps: number;
}

/** The parent of spans that begin now. */
interface Place {
  readonly call: OpenCall;
  readonly steps: EndedSpan[];
}

/** Wraps the tracer `next` and also keeps the calls that start pods in `starts`. */
export function recordStarts(starts: PodStarts, next: Tracer): Tracer {
  const current = new AsyncLocalStorage<Place>();

  async function recorded<Result>(
    name: string,
    place: Place,
    run: () => Promise<Result>,
    end: (span: EndedSpan) => void,
  ): Promise<Result> {
    const startedAt = performance.now();
    let error: string | undefined;
    try {
      return await current.run(place, run);
    } catch (thrown) {
      error = printable(messageWithCauses(thrown), keptError);
      throw thrown;
    } finally {
      const { call, steps } = place;
      const subject =
        textOf(call.attributes, 'k8s.container.name') || textOf(call.attributes, 'container.image.name');
      end({ name, subject, startedAt, endedAt: performance.now(), error, steps });
    }
  }

  return {
    ...next,
    span: (name, attributes, run) => {
      const parent = current.getStore();
      if (parent === undefined || parent.call.steps >= keptSteps) return next.span(name, attributes, run);
      parent.call.steps += 1;
      const place = { call: parent.call, steps: [] };
      return next.span(name, attributes, () =>
        recorded(name, place, run, (span) => parent.steps.push({ ...span, subject: '' })),
      );
    },
    call: (call, run) => {
      if (!calls.has(call.rpc)) return next.call(call, run);
      const open: OpenCall = { attributes: {}, steps: 0 };
      const place = { call: open, steps: [] };
      return next.call(call, () =>
        recorded(call.rpc, place, run, (span) => {
          const { attributes } = open;
          starts.add(span, {
            sandboxId: textOf(attributes, 'sandbox.id') || undefined,
            namespace: textOf(attributes, 'k8s.namespace.name'),
            name: textOf(attributes, 'k8s.pod.name'),
            uid: textOf(attributes, 'k8s.pod.uid'),
          });
        }),
      );
    },
    describe: (attributes) => {
      const place = current.getStore();
      if (place !== undefined) place.call.attributes = { ...place.call.attributes, ...attributes };
      next.describe(attributes);
    },
  };
}

function textOf(attributes: SpanAttributes, name: string): string {
  return String(attributes[name] ?? '');
}
