// The half of container runtimes: containerd and berthd.
import { defineHalf } from '../half.ts';
import { layers } from './layers.ts';
import { startRuntimes } from './node.ts';

export const runtimeHalf = defineHalf({ cases: [...layers], start: startRuntimes, workers: 2 });
