// What makes use of plugins of one type.

/** A plugin, as it tells of itself. */
export interface PluginInfo {
  name: string;
  /** Path of the socket on which it serves. */
  endpoint: string;
  supportedVersions: readonly string[];
}

/** Takes plugins of one type, such as CSIPlugin. Calls for one socket come one after the other. */
export interface PluginHandler {
  /** Rejects a plugin that cannot be used. */
  validate(plugin: PluginInfo): void;
  /** Begins to use the plugin. */
  register(plugin: PluginInfo, signal: AbortSignal): Promise<void>;
  /** The plugin is gone. Never rejects. */
  deregister(plugin: PluginInfo): Promise<void>;
}
