// The half of container runtimes: containerd and berthd.
import { defineHalf } from '../half.ts';
import { compression } from './compression.ts';
import { imageConfigs } from './image-configs.ts';
import { layers } from './layers.ts';
import { manifests } from './manifests.ts';
import { startRuntimes } from './node.ts';

export const runtimeHalf = defineHalf({
  cases: [...layers, ...compression, ...imageConfigs, ...manifests],
  start: startRuntimes,
  workers: 3,
});
