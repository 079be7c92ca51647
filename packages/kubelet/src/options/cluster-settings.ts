// Settings that take effect only in a cluster. A standalone node ignores them, as the real kubelet does.
import { isDeepStrictEqual } from 'node:util';
import { grouped } from './kubelet-configuration.ts';
import { defaultSettings, type Settings } from './settings.ts';

const clusterSettings: readonly (keyof Settings)[] = [
  'accessAllowedTTL',
  'accessDeniedTTL',
  'configMapAndSecretChangeDetectionStrategy',
  'contentType',
  'enableControllerAttachDetach',
  'eventBurst',
  'eventRecordQPS',
  'kubeAPIBurst',
  'kubeAPIQPS',
  'nodeLeaseDurationSeconds',
  'nodeStatusMaxImages',
  'nodeStatusReportFrequency',
  'nodeStatusUpdateFrequency',
  'providerID',
  'registerNode',
  'registerWithTaints',
  'rotateCertificates',
  'serverTLSBootstrap',
  'webhookCacheTTL',
];

/** What to log of settings that a standalone node ignores: those that were given and are not the default. */
export function ignoredSettings(given: Partial<Settings>): string[] {
  const paths = new Map<string, string>(Object.entries(grouped).map(([path, name]) => [name, path]));
  return clusterSettings
    .filter((name) => given[name] !== undefined && !isDeepStrictEqual(given[name], defaultSettings[name]))
    .map((name) => `${paths.get(name) ?? name} has no effect: there is no API server`);
}
