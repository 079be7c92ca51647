// Plugins that serve on real sockets.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { addService } from '@berth/cri/server/server.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { RegistrationDefinition } from '../generated/plugin-registration.ts';
import type { PluginHandler } from './plugin-handler.ts';
import { PluginManager } from './plugin-manager.ts';

/** A plugin that is of a type, and what it is told. */
async function startPlugin(path: string, type: string) {
  mkdirSync(dirname(path), { recursive: true });
  const told: string[] = [];
  const server = new Server();
  const handlers = {
    getInfo: async () => ({ type, name: 'p', endpoint: '', supportedVersions: ['1.0.0'] }),
    notifyRegistrationStatus: async (status: { pluginRegistered: boolean; error: string }) => {
      told.push(status.pluginRegistered ? 'registered' : status.error);
      return {};
    },
  };
  addService(server, RegistrationDefinition, handlers, {});
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  const stop = (): void => {
    server.forceShutdown();
    rmSync(path, { force: true });
  };
  return { told, [Symbol.dispose]: stop };
}

/** A handler that notes its calls; it refuses what a test names. */
function notingHandler() {
  const calls: string[] = [];
  const refused = new Set<string>();
  const note = (call: string): void => {
    calls.push(call);
    if (refused.delete(call)) throw new Error(`no ${call}`);
  };
  const handler: PluginHandler = {
    validate: () => note('validate'),
    register: async () => note('register'),
    deregister: async () => note('deregister'),
  };
  return { calls, refused, handler };
}

function startManager(handler: PluginHandler) {
  const scratch = scratchDir('plugins');
  const directory = join(scratch.path, 'plugins_registry');
  const manager = new PluginManager(scratch.path, { T: handler }, { countPlugins: () => {} });
  manager.start();
  return {
    directory,
    manager,
    [Symbol.dispose]: () => {
      manager.stop();
      scratch[Symbol.dispose]();
    },
  };
}

test('a plugin is registered in whatever directory its socket is, and again when it is made anew', async () => {
  const { handler, calls } = notingHandler();
  using running = startManager(handler);
  const path = join(running.directory, 'deep', 'p.sock');
  {
    using plugin = await startPlugin(path, 'T');
    await until('it is registered', () => plugin.told.length > 0);
    assert.deepEqual(plugin.told, ['registered']);
    assert.deepEqual(running.manager.paths(), { desired: [path], actual: [path] });
  }
  using again = await startPlugin(path, 'T');
  await until('it is registered again', () => again.told.length > 0);
  assert.deepEqual(calls, ['validate', 'register', 'deregister', 'validate', 'register']);
});

test('a plugin that goes is forgotten', async () => {
  const { handler, calls } = notingHandler();
  using running = startManager(handler);
  const plugin = await startPlugin(join(running.directory, 'p.sock'), 'T');
  await until('it is registered', () => plugin.told.length > 0);
  plugin[Symbol.dispose]();
  await until('it is forgotten', () => calls.at(-1) === 'deregister');
  assert.deepEqual(running.manager.paths(), { desired: [], actual: [] });
});

test('a plugin is told why it is not registered, and it is tried again', async () => {
  for (const [step, problem] of [
    ['validate', 'RegisterPlugin error -- plugin validation failed with err: no validate'],
    ['register', 'RegisterPlugin error -- plugin registration failed with err: no register'],
  ] as const) {
    const { handler, refused } = notingHandler();
    refused.add(step);
    using running = startManager(handler);
    using plugin = await startPlugin(join(running.directory, 'p.sock'), 'T');
    await until('it is registered', () => plugin.told.includes('registered'));
    assert.deepEqual(plugin.told, [problem, 'registered']);
  }
});

test('a plugin of another type, and a socket whose name begins with a dot', async () => {
  const { handler, calls } = notingHandler();
  using running = startManager(handler);
  using hidden = await startPlugin(join(running.directory, '.p.sock'), 'T');
  const path = join(running.directory, 'p.sock');
  using plugin = await startPlugin(path, 'Other');
  await until('it is refused', () => plugin.told.length > 0);
  assert.equal(
    plugin.told[0],
    `RegisterPlugin error -- no handler registered for plugin type: Other at socket ${path}`,
  );
  assert.deepEqual([hidden.told, calls], [[], []]);
});
