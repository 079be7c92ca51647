// All halves of the suite.
import type { Half } from './half.ts';
import { runtimeHalf } from './runtime/half.ts';

export const halves: readonly Half[] = [runtimeHalf];
