// The runtime's handlers: `runtimeClassName` names one, by a RuntimeClass of the cluster or itself.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { RuntimeHandler } from '@berth/cri/generated/api.ts';
import type { Pod } from '../api/pod.ts';

/** The RuntimeClasses of a cluster. */
export interface RuntimeClasses {
  /** The handler of the pod's class; undefined: the pod names a handler. Throws when there is no such class. */
  handlerOf(pod: Pod): string | undefined;
}

/** Knows the handlers as the runtime last told them. */
export class RuntimeHandlers {
  readonly #runtime: Pick<RuntimeClient, 'status'>;
  readonly #classes: RuntimeClasses | undefined;
  #handlers: readonly RuntimeHandler[];

  /** Begins with the handlers that the runtime told at start. A standalone node has no classes. */
  constructor(
    runtime: Pick<RuntimeClient, 'status'>,
    handlers: readonly RuntimeHandler[],
    classes?: RuntimeClasses,
  ) {
    this.#runtime = runtime;
    this.#handlers = handlers;
    this.#classes = classes;
  }

  /** The handler for the pod; '' is the default one. Throws when the cluster has no such class. */
  nameFor(pod: Pod): string {
    return this.#classes?.handlerOf(pod) ?? pod.spec.runtimeClassName ?? '';
  }

  /**
   * Throws unless the runtime can run the pod. Asks the runtime again before it says no. That there is no such class is
   * told by the creation of the sandbox.
   */
  async check(pod: Pod): Promise<void> {
    const handler = this.#handlerOfClass(pod);
    if (handler === 'no such class') return;
    // A handler that a class names is for the runtime to judge.
    const isNamed = handler === undefined;
    const name = handler?.name ?? pod.spec.runtimeClassName ?? '';
    if (handlerProblem(pod, { name, isNamed }, this.#handlers) === undefined) return;
    this.#handlers = (await this.#runtime.status({})).runtimeHandlers;
    const problem = handlerProblem(pod, { name, isNamed }, this.#handlers);
    if (problem !== undefined) throw new Error(problem);
  }

  /** Whether the pod's handler can make mounts below a read-only mount read-only. */
  canMountRecursivelyReadOnly(pod: Pod): boolean {
    const ofClass = this.#handlerOfClass(pod);
    // Its class went while it runs.
    if (ofClass === 'no such class') return false;
    const name = ofClass?.name ?? pod.spec.runtimeClassName ?? '';
    const handler = this.#handlers.find((each) => each.name === name);
    return handler?.features?.recursiveReadOnlyMounts === true;
  }

  #handlerOfClass(pod: Pod): { name: string } | 'no such class' | undefined {
    try {
      const name = this.#classes?.handlerOf(pod);
      return name === undefined ? undefined : { name };
    } catch {
      return 'no such class';
    }
  }
}

/**
 * Pure: why these handlers cannot run a pod for which `name` is; `isNamed`: the pod itself names it. An old runtime tells
 * no handlers, and judges names itself.
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
