// The configuration in effect as /configz shows it: every field of KubeletConfiguration, those without effect with the
// value that is the case.
import { isObject } from '@berth/common/json/is-object.ts';
import { ownPair } from '../server/tls/own-pair.ts';
import { grouped } from './kubelet-configuration.ts';
import { fields, isSetting, type Settings, settingJson } from './settings.ts';
import { unsupportedSettings } from './unsupported-settings.ts';

/** Fields that Go leaves out when they are false or 0; others with such a value are pointers there, and shown. */
const leftOutAtZero: ReadonlySet<string> = new Set([
  'enableContentionProfiling',
  'evictionMaxPodGracePeriod',
  'kernelMemcgNotification',
  'logging.options.json.splitStream',
  'logging.options.text.splitStream',
  'podsPerCore',
  'protectKernelDefaults',
  'rotateCertificates',
  'runOnce',
  'serverTLSBootstrap',
]);

/** Fields that the real kubelet does not set by itself. */
const leftOutByDefault: Readonly<Record<string, unknown>> = {
  maxParallelImagePulls: 1,
  memoryThrottlingFactor: 0.9,
  'memorySwap.swapBehavior': 'NoSwap',
  singleProcessOOMKill: false,
  'userNamespaces.idsPerPod': 65_536,
};

/**
 * The settings as a KubeletConfiguration; empty fields are left out. `certDir` is where the kubelet keeps the
 * certificate that it makes itself.
 */
export function configurationJson(settings: Settings, certDir: string): Record<string, unknown> {
  const configuration: Record<string, unknown> = {
    kind: 'KubeletConfiguration',
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
  };
  // Go leaves out no struct.
  configuration['memorySwap'] = {};
  for (const [path, [value]] of Object.entries(unsupportedSettings)) {
    putShown(configuration, path, value);
  }
  const paths = new Map(Object.entries(grouped).map(([path, name]) => [name, path]));
  for (const name of Object.keys(fields).filter(isSetting)) {
    putShown(configuration, paths.get(name) ?? name, settingJson(settings, name));
  }
  if (settings.tlsCertFile === '') {
    const { certFile, keyFile } = ownPair(certDir);
    put(configuration, 'tlsCertFile', certFile);
    put(configuration, 'tlsPrivateKeyFile', keyFile);
  }
  return configuration;
}

function putShown(target: Record<string, unknown>, path: string, value: unknown): void {
  const isZero = value === false || value === 0;
  if (isZero && leftOutAtZero.has(path)) return;
  if (Object.hasOwn(leftOutByDefault, path) && leftOutByDefault[path] === value) return;
  put(target, path, value);
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
