// A handler of plugins for tests that have none.
import type { PluginHandler } from '../plugin-watcher/plugin-handler.ts';

/** Takes every plugin, and does nothing with it. */
export const idleHandler: PluginHandler = {
  validate: () => {},
  register: async () => {},
  deregister: async () => {},
};
