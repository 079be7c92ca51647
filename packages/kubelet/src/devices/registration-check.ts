// Which registrations of device plugins are refused, in the real kubelet's words. Pure.
import { qualifiedName } from '../api/names.ts';
import type { RegisterRequest } from '../generated/device-plugin.ts';
import { isExtendedResource } from '../node/status/resources.ts';
import type { PluginInfo } from '../plugin-watcher/plugin-handler.ts';

/** The version of the API. */
export const apiVersion = 'v1beta1';

/** Longer names do not fit into the address of a socket. */
const maxEndpointLength = 107;

/** Throws when the registration of a plugin that calls the kubelet has to be refused. */
export function checkRegistration({
  version,
  resourceName,
  endpoint,
}: Pick<RegisterRequest, 'version' | 'resourceName' | 'endpoint'>): void {
  if (version !== apiVersion) {
    const supported = JSON.stringify([apiVersion]);
    throw new Error(
      `requested API version ${JSON.stringify(version)} is not supported by kubelet. Supported version is ${supported}`,
    );
  }
  if (!isResourceName(resourceName)) throw new Error(invalidName(resourceName));
  if (!isFileName(endpoint)) {
    throw new Error(`the endpoint ${JSON.stringify(endpoint)} is invalid: it has to be the name of a socket`);
  }
}

/** Throws when a plugin that the kubelet has found below plugins_registry cannot be used. */
export function checkPlugin({ name, supportedVersions }: PluginInfo): void {
  if (!supportedVersions.includes(apiVersion)) {
    const given = `[${supportedVersions.join(' ')}]`;
    throw new Error(`manager version, ${apiVersion}, is not among plugin supported versions ${given}`);
  }
  if (!isResourceName(name)) throw new Error(`invalid name of device plugin socket: ${invalidName(name)}`);
}

function invalidName(name: string): string {
  return `the ResourceName ${JSON.stringify(name)} is invalid`;
}

/** Whether it is an extended resource whose quota has a valid name, too. */
function isResourceName(name: string): boolean {
  return isExtendedResource(name) && qualifiedName(`requests.${name}`) === undefined;
}

/** Whether it names a file of a folder, and leads nowhere else. */
function isFileName(name: string): boolean {
  return name !== '' && name.length <= maxEndpointLength && !/[/\0]/.test(name) && !/^\.\.?$/.test(name);
}
