// All halves of the suite, by their names.
import type { Half } from './half.ts';
import { kubeletHalf } from './kubelet/half.ts';
import { runtimeHalf } from './runtime/half.ts';

export const halves: Readonly<Record<string, Half>> = { runtime: runtimeHalf, kubelet: kubeletHalf };
