// The runtime's handlers, which `runtimeClassName` names on a node without RuntimeClass objects.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { RuntimeHandler } from '@berth/cri/generated/api.ts';
import type { Pod } from '../api/pod.ts';

/** Knows the handlers as the runtime last told them. */
export class RuntimeHandlers {
  readonly #runtime: Pick<RuntimeClient, 'status'>;
  #handlers: readonly RuntimeHandler[];

  /** Begins with the handlers that the runtime told at start. */
  constructor(runtime: Pick<RuntimeClient, 'status'>, handlers: readonly RuntimeHandler[]) {
    this.#runtime = runtime;
    this.#handlers = handlers;
  }

  /** Throws unless the runtime can run the pod. Asks the runtime again before it says no. */
  async check(pod: Pod): Promise<void> {
    if (handlerProblem(pod, this.#handlers) === undefined) return;
    this.#handlers = (await this.#runtime.status({})).runtimeHandlers;
    const problem = handlerProblem(pod, this.#handlers);
    if (problem !== undefined) throw new Error(problem);
  }
}

/** Pure: why these handlers cannot run the pod. An old runtime tells no handlers, and judges names itself. */
export function handlerProblem(pod: Pod, handlers: readonly RuntimeHandler[]): string | undefined {
  const name = pod.spec.runtimeClassName ?? '';
  const handler = handlers.find((each) => each.name === name);
  if (name !== '' && handler === undefined && handlers.length > 0)
    return `runtimeclass.node.k8s.io "${name}" not found`;
  if (pod.spec.hostUsers !== false || handler?.features?.userNamespaces) return undefined;
  const who = name === '' ? 'runtime does' : `RuntimeClass handler "${name}" does`;
  return `can't set \`spec.hostUsers: false\`, ${who} not support user namespaces`;
}
