// The configuration in effect as /configz shows it: every field of KubeletConfiguration, those without effect with the
// value that is the case.
import { isObject } from '@berth/common/json/is-object.ts';
import { grouped } from './kubelet-configuration.ts';
import { fields, isSetting, type Settings, settingJson } from './settings.ts';
import { unsupportedSettings } from './unsupported-settings.ts';

/** The settings as a KubeletConfiguration; empty fields are left out. */
export function configurationJson(settings: Settings): Record<string, unknown> {
  const configuration: Record<string, unknown> = {
    kind: 'KubeletConfiguration',
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
  };
  for (const [path, [value]] of Object.entries(unsupportedSettings)) put(configuration, path, value);
  const paths = new Map(Object.entries(grouped).map(([path, name]) => [name, path]));
  for (const name of Object.keys(fields).filter(isSetting)) {
    put(configuration, paths.get(name) ?? name, settingJson(settings, name));
  }
  return configuration;
}

function put(target: Record<string, unknown>, path: string, value: unknown): void {
  if (value === undefined || value === '') return;
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) return;
  const [first = '', ...rest] = path.split('.');
  if (rest.length === 0) {
    target[first] = value;
    return;
  }
  const found = target[first];
  const group: Record<string, unknown> = isObject(found) ? found : {};
  target[first] = group;
  put(group, rest.join('.'), value);
}
