// Logs the calls to the runtime, for --debug.

const secrets = new Set(['password', 'auth', 'identityToken', 'registryToken']);

/** Wraps a client to log every request, response and failure, without credentials. */
export function logCalls<Client extends object>(client: Client, log: (message: string) => void): Client {
  return new Proxy(client, {
    get(target, name, receiver) {
      const method: unknown = Reflect.get(target, name, receiver);
      if (typeof method !== 'function') return method;
      return (request: unknown, options: unknown) => {
        log(`${String(name)} request: ${show(request)}`);
        const answer: unknown = method(request, options);
        if (answer instanceof Promise) {
          answer.then(
            (response) => log(`${String(name)} response: ${show(response)}`),
            (error) => log(`${String(name)} failed: ${error}`),
          );
        }
        return answer;
      };
    },
  });
}

function show(message: unknown): string {
  return JSON.stringify(message, (name, value: unknown) => {
    if (secrets.has(name) && typeof value === 'string' && value !== '') return '…';
    if (typeof value === 'bigint') return String(value);
    return value instanceof Uint8Array ? Buffer.from(value).toString() : value;
  });
}
