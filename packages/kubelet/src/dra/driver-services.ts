// Which services of a driver the kubelet calls, and which registrations it refuses, in the real kubelet's words. Pure.
import { DRAResourceHealthDefinition as HealthV1 } from '../generated/dra-health-v1.ts';
import { DRAResourceHealthDefinition as HealthV1Alpha1 } from '../generated/dra-health-v1alpha1.ts';
import { DRAPluginDefinition as PluginV1 } from '../generated/dra-v1.ts';
import { DRAPluginDefinition as PluginV1Beta1 } from '../generated/dra-v1beta1.ts';
import type { PluginInfo } from '../plugin-watcher/plugin-handler.ts';

/** By the name in a registration, what prepares claims. */
const plugins: Readonly<Record<string, typeof PluginV1 | typeof PluginV1Beta1>> = {
  'v1.DRAPlugin': PluginV1,
  'v1beta1.DRAPlugin': PluginV1Beta1,
};

/** By the name in a registration, what tells the health of devices; the newest first. */
const healths: Readonly<Record<string, typeof HealthV1 | typeof HealthV1Alpha1>> = {
  'v1.DRAResourceHealth': HealthV1,
  'v1alpha1.DRAResourceHealth': HealthV1Alpha1,
};

/** The services of a driver that are called. */
export interface DriverServices {
  plugin: typeof PluginV1 | typeof PluginV1Beta1;
  /** Undefined: the driver does not tell the health of devices. */
  health: typeof HealthV1 | typeof HealthV1Alpha1 | undefined;
}

/** The first service for claims that the driver names, and the newest for health. Throws when there is none for claims. */
export function chooseServices({ name, endpoint, supportedVersions: given }: PluginInfo): DriverServices {
  const invalid = (why: string): Error =>
    new Error(`invalid supported gRPC versions of DRA driver plugin ${name} at endpoint ${endpoint}: ${why}`);
  if (given.length === 0) throw invalid('empty list of supported gRPC services (aka supported versions)');
  const [plugin] = given.flatMap((service) => entryOf(plugins, service));
  if (!plugin) {
    throw invalid(
      `none of services supported by the plugin (${quoted(given)}) are supported by the kubelet (${quoted(Object.keys(plugins))})`,
    );
  }
  const [health] = Object.keys(healths)
    .filter((service) => given.includes(service))
    .flatMap((service) => entryOf(healths, service));
  return { plugin, health };
}

function entryOf<Value>(table: Readonly<Record<string, Value>>, name: string): Value[] {
  const value = Object.hasOwn(table, name) ? table[name] : undefined;
  return value === undefined ? [] : [value];
}

/** As Go prints a list of texts with %q. */
function quoted(names: readonly string[]): string {
  return `[${names.map((name) => JSON.stringify(name)).join(' ')}]`;
}
