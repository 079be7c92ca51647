import { libcFunction } from './libc.ts';

const mallocTrim = libcFunction('malloc_trim', ['size_t']);

/**
 * Gives memory back that the C library keeps after it was freed: tens of MiB after much traffic with buffers, for
 * the life of the process. Takes some milliseconds.
 */
export function releaseFreedMemory(): void {
  mallocTrim(undefined, 0);
}
