// The runtime's handlers: `runtimeClassName` names one, by a RuntimeClass of the cluster or itself.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { RuntimeHandler } from '@berth/cri/generated/api.ts';
import type { Pod } from '../api/pod.ts';

/** The handler of a pod's class, '' is the default one; `isNamed`: the pod names it itself. Or why there is none. */
export type PodHandler = { name: string; isNamed: boolean } | { problem: string };

/** The RuntimeClasses of a cluster. */
export interface RuntimeClasses {
  handlerOf(pod: Pod): PodHandler;
}

/** A standalone node has no classes. */
const withoutClasses: RuntimeClasses = {
  handlerOf: ({ spec }) => ({ name: spec.runtimeClassName ?? '', isNamed: true }),
};

/** Knows the handlers as the runtime last told them. */
export class RuntimeHandlers {
  readonly #runtime: Pick<RuntimeClient, 'status'>;
  readonly #classes: RuntimeClasses;
  #handlers: readonly RuntimeHandler[];

  /** Begins with the handlers that the runtime told at start. */
  constructor(
    runtime: Pick<RuntimeClient, 'status'>,
    handlers: readonly RuntimeHandler[],
    classes: RuntimeClasses = withoutClasses,
  ) {
    this.#runtime = runtime;
    this.#handlers = handlers;
    this.#classes = classes;
  }

  /** The handler for the pod; '' is the default one. Throws when the cluster has no such class. */
  nameFor(pod: Pod): string {
    const handler = this.#classes.handlerOf(pod);
    if ('problem' in handler) throw new Error(handler.problem);
    return handler.name;
  }

  /**
   * Throws unless the runtime can run the pod. Asks the runtime again before it says no. That there is no such class is
   * told by the creation of the sandbox.
   */
  async check(pod: Pod): Promise<void> {
    const handler = this.#classes.handlerOf(pod);
    if ('problem' in handler || handlerProblem(pod, handler, this.#handlers) === undefined) return;
    this.#handlers = (await this.#runtime.status({})).runtimeHandlers;
    const problem = handlerProblem(pod, handler, this.#handlers);
    if (problem !== undefined) throw new Error(problem);
  }

  /** Whether the pod's handler can make mounts below a read-only mount read-only; false when its class went. */
  canMountRecursivelyReadOnly(pod: Pod): boolean {
    const ofPod = this.#classes.handlerOf(pod);
    if ('problem' in ofPod) return false;
    const handler = this.#handlers.find(({ name }) => name === ofPod.name);
    return handler?.features?.recursiveReadOnlyMounts === true;
  }
}

/**
 * Pure: why these handlers cannot run a pod. A handler that a class names is for the runtime to judge, and an old runtime,
 * which tells no handlers, judges all names itself.
 */
export function handlerProblem(
  pod: Pod,
  { name, isNamed }: { name: string; isNamed: boolean },
  handlers: readonly RuntimeHandler[],
): string | undefined {
  const handler = handlers.find((each) => each.name === name);
  if (isNamed && name !== '' && handler === undefined && handlers.length > 0)
    return `runtimeclass.node.k8s.io "${name}" not found`;
  if (pod.spec.hostUsers !== false || handler?.features?.userNamespaces) return undefined;
  const who = name === '' ? 'runtime does' : `RuntimeClass handler "${name}" does`;
  return `can't set \`spec.hostUsers: false\`, ${who} not support user namespaces`;
}
